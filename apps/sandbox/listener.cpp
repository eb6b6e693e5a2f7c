#include "apps/sandbox/listener.hpp"

#include <boost/asio/post.hpp>
#include <chrono>

namespace dispatch::sandbox {
namespace asio = boost::asio;
using asio::ip::tcp;

listener::listener(std::vector<std::unique_ptr<worker>>& workers, const tcp::endpoint& at)
    : workers_(workers), at_(at), retry_(workers.front()->context()) {
  bind();
  at_ = acceptor_->local_endpoint();
}

void listener::bind() {
  acceptor_.emplace(workers_.front()->context());
  acceptor_->open(at_.protocol());
  acceptor_->set_option(tcp::acceptor::reuse_address(true));
  acceptor_->bind(at_);
  acceptor_->listen();
}

void listener::open() {
  if (accepting_) return;
  if (!acceptor_) bind();
  accepting_ = true;
  accept();
}

void listener::close() {
  accepting_ = false;
  acceptor_.reset();
}

void listener::accept() {
  auto& target = *workers_[next_++ % workers_.size()];
  acceptor_->async_accept(target.context(), [this, &target](auto error, tcp::socket socket) {
    if (error == asio::error::operation_aborted || !accepting_) return;
    if (error) {
      // Out of descriptors, as a rule: some will be free in a moment.
      retry_.expires_after(std::chrono::milliseconds(100));
      retry_.async_wait([this](auto cancelled) {
        if (!cancelled && accepting_) accept();
      });
      return;
    }
    asio::post(target.context(),
               [&target, moved = std::move(socket)]() mutable { target.adopt(std::move(moved)); });
    accept();
  });
}

}  // namespace dispatch::sandbox
