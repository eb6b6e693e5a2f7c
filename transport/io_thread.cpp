#include "transport/io_thread.hpp"

#include <pthread.h>
#include <signal.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <future>
#include <stdexcept>
#include <thread>
#include <utility>

namespace dispatch {

namespace asio = boost::asio;

struct io_thread::state {
  // One thread runs it: Asio then keeps what the thread posts to itself in a private queue, without a lock.
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
  std::thread thread;
};

namespace {

void run_loop(asio::io_context& context, const std::string& name) {
  pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
  context.run();
}

}  // namespace

io_thread::io_thread(std::string name) : state_(std::make_unique<state>()) {
  // Signals are the main thread's business. The new thread inherits the mask, so that there is no moment in
  // which it could take one.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP}) sigdelset(&all, fault);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    state_->thread = std::thread([this, name = std::move(name)] { run_loop(state_->context, name); });
  } catch (...) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

io_thread::~io_thread() {
  stop();
}

void io_thread::post(std::function<void()> task) {
  asio::post(state_->context, std::move(task));
}

void io_thread::run(const std::function<void()>& task) {
  auto done = std::make_shared<std::promise<void>>();
  auto finished = done->get_future();
  post([done, task] {
    try {
      task();
      done->set_value();
    } catch (...) {
      done->set_exception(std::current_exception());
    }
  });
  // A loop that stops meanwhile drops the task and would leave us waiting for ever.
  while (finished.wait_for(std::chrono::milliseconds(20)) != std::future_status::ready) {
    if (state_->context.stopped()) throw std::runtime_error("io thread is stopped");
  }
  finished.get();
}

void io_thread::stop() {
  state_->context.stop();
  if (state_->thread.joinable()) state_->thread.join();
}

asio::io_context& io_thread::context() noexcept {
  return state_->context;
}

}  // namespace dispatch
