#include "transport/smtp/connection.hpp"

#include <utility>

namespace dispatch::smtp {

connection::connection(boost::asio::io_context& context, std::shared_ptr<http2::tls_context> tls,
                       const http2::endpoint& peer, stream_timeouts timeouts, session_options options,
                       owner& pool)
    : owner_(pool),
      how_(options.how),
      session_(std::move(options)),
      stream_(context, std::move(tls), peer, timeouts, *this) {}

void connection::open() {
  stream_.open(how_ == protection::implicit);
}

void connection::abandon() {
  closed_ = true;
  stream_.close();
}

void connection::give_up(close_reason why, const std::string& detail) {
  stream_.close();
  closed(why, detail);
}

void connection::closed(close_reason why, const std::string& detail) {
  if (std::exchange(closed_, true)) return;
  owner_.connection_closed(*this, why, detail);
}

void connection::start(outgoing_mail&& mail, clock::time_point now) {
  mail_ = std::move(mail);
  sent_at_ = now;
  session_.start(mail_->what.path, mail_->what.body);
  advance();
}

outgoing_mail connection::take_mail() {
  auto taken = std::move(*mail_);
  mail_.reset();
  return taken;
}

void connection::retire() {
  if (std::exchange(retired_, true) || closed_) return;
  if (is_opening()) return give_up(close_reason::orderly, "not needed any more");
  advance();
}

void connection::on_open() {
  // With STARTTLS and without TLS the server speaks first, in the clear.
}

void connection::on_secured() {
  securing_ = false;
  session_.secured();
  advance();
}

void connection::on_bytes(std::string_view bytes) {
  session_.receive(bytes);
  advance();
}

void connection::on_written() {
  writing_ = false;
  advance();
}

// What the session has to say, in the order it matters: an answer, being over, a next phase, bytes.
void connection::advance() {
  if (closed_) return;
  if (auto end = session_.take_end()) {
    ++answered_;
    idle_since_ = clock::now();
    owner_.message_ended(*this, std::move(*end));
  }
  if (closed_ || close_if_over()) return;
  if (!ready_ && session_.state() == client_session::phase::idle) {
    ready_ = true;
    idle_since_ = clock::now();
    owner_.connection_ready(*this);
  }
  if (closed_) return;
  if (retired_ && !mail_ && session_.state() == client_session::phase::idle) {
    idle_since_ = clock::now();  // how long the goodbye takes
    session_.quit();
  }
  flush();
}

bool connection::close_if_over() {
  if (session_.state() != client_session::phase::over) return false;
  auto why = close_reason::orderly;
  switch (session_.why()) {
    case client_session::fault::none:
      break;
    case client_session::fault::tls:
      why = close_reason::tls_failed;
      break;
    case client_session::fault::refused:
      why = close_reason::connect_failed;
      break;
    case client_session::fault::protocol:
      why = ready_ ? close_reason::lost : close_reason::connect_failed;
      break;
    case client_session::fault::closing:
      why = mail_ ? close_reason::lost : close_reason::orderly;
      break;
  }
  give_up(why, session_.error());
  return true;
}

void connection::flush() {
  if (securing_) return;
  if (session_.state() == client_session::phase::handshake) {
    if (writing_)
      return give_up(close_reason::tls_failed, "starttls_injection: an answer before its command");
    securing_ = true;
    stream_.start_tls();
    return;
  }
  if (writing_) return;
  session_.collect(out_);
  if (out_.empty()) return;
  writing_ = true;
  stream_.write(out_);
}

void connection::on_fault(mail_stream::fault what, const std::string& detail) {
  if (what == mail_stream::fault::shortage) return closed(close_reason::shortage, detail);
  if (what == mail_stream::fault::tls) return closed(close_reason::tls_failed, detail);
  if (!ready_) {
    // Also a server that hangs up amidst the greeting.
    return closed(securing_ ? close_reason::tls_failed : close_reason::connect_failed, detail);
  }
  closed(mail_ ? close_reason::lost : close_reason::orderly, detail);
}

}  // namespace dispatch::smtp
