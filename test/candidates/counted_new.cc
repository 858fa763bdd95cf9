#include "counted_new.h"

#include <cstdlib>
#include <new>

namespace promcast {
namespace {
size_t bytes_so_far = 0;
}
size_t AllocatedBytes() {
  return bytes_so_far;
}

static void* CountedAllocation(size_t bytes) {
  bytes_so_far += bytes;
  void* memory = std::malloc(bytes);
  if (!memory) throw std::bad_alloc();
  return memory;
}

}  // namespace promcast

void* operator new(size_t bytes) {
  return promcast::CountedAllocation(bytes);
}
void* operator new[](size_t bytes) {
  return promcast::CountedAllocation(bytes);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, size_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, size_t) noexcept {
  std::free(memory);
}
