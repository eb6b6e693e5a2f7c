#include "apps/sandbox/smtp/smtp_server.hpp"

#include <unistd.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <optional>
#include <utility>

#include "apps/sandbox/complain.hpp"

namespace dispatch::sandbox {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

// One client. Reads, lets the session answer, writes, and only then reads on. Its pending operation keeps it
// alive; a hung one ends when the client goes.
class smtp_connection final : public std::enable_shared_from_this<smtp_connection>,
                              private smtp_session::desk {
 public:
  smtp_connection(post_office& office, shared_state& shared, asio::ssl::context& tls, tcp::socket socket)
      : office_(office),
        shared_(shared),
        tls_(tls),
        id_(shared.next_connection++),
        socket_(std::move(socket)),
        session_(office.rules(), *this) {
    shared_.count.connections_open++;
    shared_.count.connections_total++;
  }
  ~smtp_connection() { shared_.count.connections_open--; }

  void start(bool tls_at_once) {
    if (tls_at_once) return handshake();  // the greeting comes behind it
    write();
  }

 private:
  void write() {
    sending_.clear();
    std::swap(sending_, session_.output());
    auto done = [self = shared_from_this()](const error_code& error, std::size_t) {
      if (!error) self->written();
    };
    if (secured_) {
      asio::async_write(*secured_, asio::buffer(sending_), std::move(done));
    } else {
      asio::async_write(socket_, asio::buffer(sending_), std::move(done));
    }
  }

  std::string on_recipient(const std::string& address) override {
    return office_.judge_recipient(address, id_);
  }
  std::string on_message(const std::string& address, const std::string& text,
                         smtp_session::next& then) override {
    return office_.judge_message(address, text, id_, then);
  }

  void written() {
    if (then_ == smtp_session::next::close) return;  // nothing pending: the socket closes with this
    if (then_ == smtp_session::next::start_tls) return handshake();
    read();
  }

  void read() {
    auto done = [self = shared_from_this()](const error_code& error, std::size_t size) {
      if (!error) self->take(size);
    };
    if (secured_) {
      secured_->async_read_some(asio::buffer(input_), std::move(done));
    } else {
      socket_.async_read_some(asio::buffer(input_), std::move(done));
    }
  }

  void take(std::size_t size) {
    if (then_ != smtp_session::next::hang) then_ = session_.receive({input_.data(), size});
    if (then_ == smtp_session::next::hang) return read();  // to notice that the client goes
    write();
  }

  void handshake() {
    then_ = smtp_session::next::go_on;
    secured_.emplace(socket_, tls_);
    secured_->async_handshake(asio::ssl::stream_base::server,
                              [self = shared_from_this()](const error_code& error) {
                                if (error) return;
                                self->session_.secured();
                                self->write();
                              });
  }

  post_office& office_;
  shared_state& shared_;
  asio::ssl::context& tls_;
  const std::uint64_t id_;
  tcp::socket socket_;
  std::optional<asio::ssl::stream<tcp::socket&>> secured_;
  smtp_session session_;
  smtp_session::next then_ = smtp_session::next::go_on;
  std::string sending_;
  std::array<char, 16 * 1024> input_;
};

}  // namespace

struct smtp_server::state {
  state(post_office& given, shared_state& common, asio::ssl::context& context, const tcp::endpoint& at,
        bool implicit)
      : office(given), shared(common), tls(context), tls_at_once(implicit), acceptor(io, at), retry(io) {}

  void accept() {
    acceptor.async_accept([this](const error_code& error, tcp::socket socket) {
      if (error) {
        // Out of descriptors, as a rule: some will be free in a moment.
        retry.expires_after(std::chrono::milliseconds(100));
        retry.async_wait([this](const error_code& cancelled) {
          if (!cancelled) accept();
        });
        return;
      }
      std::erase_if(open, [](const auto& each) { return each.expired(); });
      if (open.size() < max_connections) {
        error_code ignored;
        socket.set_option(tcp::no_delay(true), ignored);
        auto made = std::make_shared<smtp_connection>(office, shared, tls, std::move(socket));
        open.push_back(made);
        made->start(tls_at_once);
      }
      accept();
    });
  }

  post_office& office;
  shared_state& shared;
  asio::ssl::context& tls;
  const bool tls_at_once;
  asio::io_context io{1};
  tcp::acceptor acceptor;
  asio::steady_timer retry;
  std::vector<std::weak_ptr<smtp_connection>> open;
};

smtp_server::smtp_server(post_office& office, shared_state& shared, asio::ssl::context& tls,
                         const tcp::endpoint& at, bool tls_at_once)
    : state_(std::make_unique<state>(office, shared, tls, at, tls_at_once)) {}

smtp_server::~smtp_server() {
  stop();
}

std::uint16_t smtp_server::port() const {
  return state_->acceptor.local_endpoint().port();
}

void smtp_server::start() {
  state_->accept();
  thread_ = std::thread([this] {
    try {
      state_->io.run();
    } catch (const std::exception& error) {
      // Most likely the ledger's disk: an answer without its line must never get out.
      complain(error.what());
      ::_exit(1);
    }
  });
}

void smtp_server::stop() {
  if (!thread_.joinable()) return;
  state_->io.stop();
  thread_.join();
}

}  // namespace dispatch::sandbox
