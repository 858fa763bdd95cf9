#include "allocation/counted_new.h"

#include <cstddef>
#include <cstdlib>
#include <new>

namespace promcast {
namespace {

size_t bytes_held = 0;
size_t allocations = 0;

// In front of each block, as wide as its alignment.
struct alignas(alignof(std::max_align_t)) Header {
  size_t bytes;
};

void* Allocate(size_t bytes) {
  auto* header = static_cast<Header*>(std::malloc(sizeof(Header) + bytes));
  if (!header) throw std::bad_alloc();
  header->bytes = bytes;
  bytes_held += bytes;
  allocations++;
  return header + 1;
}

void Free(void* memory) {
  if (!memory) return;
  Header* header = static_cast<Header*>(memory) - 1;
  bytes_held -= header->bytes;
  std::free(header);
}

}  // namespace

size_t AllocatedBytes() {
  return bytes_held;
}

size_t Allocations() {
  return allocations;
}

}  // namespace promcast

void* operator new(size_t bytes) {
  return promcast::Allocate(bytes);
}
void* operator new[](size_t bytes) {
  return promcast::Allocate(bytes);
}
void operator delete(void* memory) noexcept {
  promcast::Free(memory);
}
void operator delete(void* memory, size_t) noexcept {
  promcast::Free(memory);
}
void operator delete[](void* memory) noexcept {
  promcast::Free(memory);
}
void operator delete[](void* memory, size_t) noexcept {
  promcast::Free(memory);
}
