#pragma once

// A one-shot timer as a plain function, so that what waits can be tested on virtual time.

#include <chrono>
#include <functional>

namespace dispatch {

class io_thread;

/// Runs the task once after the delay, never before it returns. Tasks outlive whoever asked: they hold what
/// they touch weakly.
using after_function = std::function<void(std::chrono::milliseconds, std::function<void()>)>;

/// On the io thread's loop; tasks not yet due are dropped with the thread.
after_function timer_on(io_thread& thread);

}  // namespace dispatch
