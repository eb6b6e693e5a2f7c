#include "transport/providers/io_timer.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <utility>

#include "transport/io_thread.hpp"

namespace dispatch {

after_function timer_on(io_thread& thread) {
  return [&context = thread.context()](std::chrono::milliseconds delay, std::function<void()> task) {
    if (delay <= std::chrono::milliseconds::zero()) {
      boost::asio::post(context, std::move(task));
      return;
    }
    auto timer = std::make_shared<boost::asio::steady_timer>(context, delay);
    timer->async_wait([timer, run = std::move(task)](const boost::system::error_code& error) {
      if (!error) run();
    });
  };
}

}  // namespace dispatch
