#include "apps/sandbox/h2_session.hpp"

#include <algorithm>
#include <new>
#include <string>

#include "apps/sandbox/h2_callbacks.hpp"

namespace dispatch::sandbox {
namespace {

constexpr std::int32_t connection_window = 1 << 20;

// Every name is a literal and so are some values; the rest lives in the exchange until the stream is closed.
nghttp2_nv field(std::string_view name, std::string_view value, std::uint8_t flags = NGHTTP2_NV_FLAG_NONE) {
  return {reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
          reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())), name.size(), value.size(),
          static_cast<std::uint8_t>(flags | NGHTTP2_NV_FLAG_NO_COPY_NAME)};
}

}  // namespace

h2_session::h2_session(events& to, std::uint32_t max_streams, std::atomic<std::int64_t>& open_gauge)
    : to_(to), open_gauge_(open_gauge) {
  if (nghttp2_session_server_new(&session_, callbacks::table(), this) != 0) throw std::bad_alloc();
  const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, max_streams},
                                             {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, max_header_bytes}};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings, std::size(settings));
  // 100 pushes of 4 KiB fill the default window of 64 KiB many times over.
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, connection_window);
}

h2_session::~h2_session() {
  nghttp2_session_del(session_);
}

bool h2_session::receive(std::span<const std::uint8_t> bytes) {
  return nghttp2_session_mem_recv(session_, bytes.data(), bytes.size()) >= 0;
}

void h2_session::send_into(std::vector<std::uint8_t>& out, std::size_t cap) {
  while (out.size() < cap) {
    const std::uint8_t* bytes = nullptr;
    const auto size = nghttp2_session_mem_send(session_, &bytes);
    if (size <= 0) return;
    out.insert(out.end(), bytes, bytes + size);
  }
}

void h2_session::respond(exchange& with) {
  with.at = phase::answered;
  auto& ans = with.ans;
  char status[4];
  status[0] = static_cast<char>('0' + ans.status / 100 % 10);
  status[1] = static_cast<char>('0' + ans.status / 10 % 10);
  status[2] = static_cast<char>('0' + ans.status % 10);
  std::string retry_after;
  nghttp2_nv fields[5];
  std::size_t count = 0;
  fields[count++] = field(":status", {status, 3});
  if (!ans.content_type.empty()) fields[count++] = field("content-type", ans.content_type);
  // Unique values would only turn over the HPACK table.
  if (!ans.apns_id.empty()) {
    fields[count++] =
        field(ans.broadcast ? "apns-request-id" : "apns-id", ans.apns_id, NGHTTP2_NV_FLAG_NO_INDEX);
  }
  if (!ans.location.empty()) fields[count++] = field("location", ans.location, NGHTTP2_NV_FLAG_NO_INDEX);
  if (ans.retry_after_s) {
    retry_after = std::to_string(*ans.retry_after_s);
    fields[count++] = field("retry-after", retry_after);
  }
  if (!ans.location.empty()) fields[count++] = field("location", ans.location, NGHTTP2_NV_FLAG_NO_INDEX);
  nghttp2_data_provider body{};
  body.source.ptr = &with;
  body.read_callback = callbacks::read_body;
  nghttp2_submit_response(session_, with.stream_id, fields, count, ans.body.empty() ? nullptr : &body);
}

void h2_session::reset(exchange& with, std::uint32_t h2_error) {
  with.at = phase::silent;
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, with.stream_id, h2_error);
}

void h2_session::limit_streams(std::uint32_t at_most) {
  const nghttp2_settings_entry entry{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, at_most};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, &entry, 1);
}

void h2_session::go_away(goaway_mode mode) {
  // An answer under way was given by the provider: the client must not be told otherwise. Hung streams may
  // be refused, as nothing was ever done for them.
  std::int32_t last = 0;
  std::vector<std::int32_t> undecided;
  for (const auto* with : open_) {
    if (with->at == phase::answered) {
      last = std::max(last, with->stream_id);
    } else {
      undecided.push_back(with->stream_id);
    }
  }
  std::sort(undecided.begin(), undecided.end());
  if (mode == goaway_mode::all || (mode == goaway_mode::half && undecided.empty())) {
    last = nghttp2_session_get_last_proc_stream_id(session_);
  } else if (mode == goaway_mode::half && undecided.size() > 1) {
    last = std::max(last, undecided[undecided.size() / 2 - 1]);
  }
  refused_above_ = last;
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, last, NGHTTP2_NO_ERROR, nullptr, 0);
}

exchange* h2_session::find(std::int32_t stream_id) {
  return static_cast<exchange*>(nghttp2_session_get_stream_user_data(session_, stream_id));
}

void h2_session::abandon() {
  while (!open_.empty()) close(*open_.back());
}

bool h2_session::finished() const {
  return nghttp2_session_want_read(session_) == 0 && nghttp2_session_want_write(session_) == 0;
}

exchange& h2_session::open(std::int32_t stream_id) {
  if (spare_.empty()) {
    owned_.push_back(std::make_unique<exchange>());
    spare_.push_back(owned_.back().get());
  }
  auto& made = *spare_.back();
  spare_.pop_back();
  made.clear();
  made.stream_id = stream_id;
  made.open_index = open_.size();
  open_.push_back(&made);
  open_gauge_.fetch_add(1, std::memory_order_relaxed);
  return made;
}

void h2_session::close(exchange& with) {
  const bool refused = refused_above_ >= 0 && with.stream_id > refused_above_;
  to_.on_stream_gone(with, refused);
  open_.back()->open_index = with.open_index;
  open_[with.open_index] = open_.back();
  open_.pop_back();
  spare_.push_back(&with);
  open_gauge_.fetch_sub(1, std::memory_order_relaxed);
}

void h2_session::complete(exchange& with) {
  to_.on_request(with);
}

}  // namespace dispatch::sandbox
