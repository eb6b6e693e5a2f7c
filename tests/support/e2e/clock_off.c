/* A process whose clock is off, by LD_PRELOAD: CLOCK_OFF_SECONDS ahead (or behind), CLOCK_OFF_SPEED times as fast,
 * the steady clock too. Allocates nothing: an allocator asks for the time before it can serve anybody. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static double ahead, speed = 1.0;
static double began[16];
static int ready;

static double read_clock(clockid_t which) {
  struct timespec now;
  syscall(SYS_clock_gettime, which, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void prepare(void) {
  if (ready) return;
  ready = 1;
  const char* text = getenv("CLOCK_OFF_SECONDS");
  if (text) ahead = strtod(text, 0);
  text = getenv("CLOCK_OFF_SPEED");
  if (text) speed = strtod(text, 0);
  for (int which = 0; which < 16; ++which) began[which] = read_clock(which);
}

int clock_gettime(clockid_t which, struct timespec* to) {
  const long result = syscall(SYS_clock_gettime, which, to);
  prepare();
  if (result != 0 || which < 0 || which >= 16) return (int)result;
  const int is_wall = which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE;
  const int is_steady = which == CLOCK_MONOTONIC || which == CLOCK_MONOTONIC_COARSE || which == CLOCK_BOOTTIME;
  if (!is_wall && !(is_steady && speed != 1.0)) return 0;
  const double passed = ((double)to->tv_sec - began[which]) + (double)to->tv_nsec / 1e9;
  const double more = passed * (speed - 1.0) + (is_wall ? ahead : 0.0);
  long long ns = (long long)to->tv_sec * 1000000000LL + to->tv_nsec + (long long)(more * 1e9);
  to->tv_sec = (time_t)(ns / 1000000000LL);
  to->tv_nsec = (long)(ns % 1000000000LL);
  return 0;
}

int gettimeofday(struct timeval* restrict to, void* restrict zone) {
  struct timespec now;
  (void)zone;
  clock_gettime(CLOCK_REALTIME, &now);
  to->tv_sec = now.tv_sec;
  to->tv_usec = now.tv_nsec / 1000;
  return 0;
}

time_t time(time_t* to) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (to) *to = now.tv_sec;
  return now.tv_sec;
}
