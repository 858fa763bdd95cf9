#pragma once

// Clang's thread-safety analysis (-Wthread-safety); nothing with other compilers.
// https://clang.llvm.org/docs/ThreadSafetyAnalysis.html
#if defined(__clang__)
#define PROMCAST_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define PROMCAST_THREAD_ANNOTATION(x)
#endif

#define PROMCAST_CAPABILITY(x) PROMCAST_THREAD_ANNOTATION(capability(x))
#define PROMCAST_SCOPED_CAPABILITY PROMCAST_THREAD_ANNOTATION(scoped_lockable)
#define PROMCAST_GUARDED_BY(x) PROMCAST_THREAD_ANNOTATION(guarded_by(x))
#define PROMCAST_PT_GUARDED_BY(x) PROMCAST_THREAD_ANNOTATION(pt_guarded_by(x))
#define PROMCAST_ACQUIRED_BEFORE(...) PROMCAST_THREAD_ANNOTATION(acquired_before(__VA_ARGS__))
#define PROMCAST_ACQUIRED_AFTER(...) PROMCAST_THREAD_ANNOTATION(acquired_after(__VA_ARGS__))
#define PROMCAST_REQUIRES(...) PROMCAST_THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
#define PROMCAST_EXCLUDES(...) PROMCAST_THREAD_ANNOTATION(locks_excluded(__VA_ARGS__))
#define PROMCAST_ACQUIRE(...) PROMCAST_THREAD_ANNOTATION(acquire_capability(__VA_ARGS__))
#define PROMCAST_RELEASE(...) PROMCAST_THREAD_ANNOTATION(release_capability(__VA_ARGS__))
#define PROMCAST_TRY_ACQUIRE(...) PROMCAST_THREAD_ANNOTATION(try_acquire_capability(__VA_ARGS__))
#define PROMCAST_ASSERT_CAPABILITY(x) PROMCAST_THREAD_ANNOTATION(assert_capability(x))
#define PROMCAST_RETURN_CAPABILITY(x) PROMCAST_THREAD_ANNOTATION(lock_returned(x))
#define PROMCAST_NO_THREAD_SAFETY_ANALYSIS PROMCAST_THREAD_ANNOTATION(no_thread_safety_analysis)
