#include "storage/redis/resp.hpp"

#include <hiredis/read.h>

#include <charconv>
#include <new>

namespace dispatch::redis {

namespace {

constexpr std::size_t max_values = 2'000'000;
/// An idle reader keeps at most this; hiredis's own 16 KiB would be given back and asked for with each batch.
constexpr std::size_t kept_buffer = 1U << 20U;

void append_head(std::string& out, char kind, std::size_t value) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out += kind;
  out.append(digits, end);
  out += "\r\n";
}

}  // namespace

command& command::add(std::string_view argument) {
  append_head(body_, '$', argument.size());
  body_.append(argument);
  body_ += "\r\n";
  ++count_;
  return *this;
}

command& command::add_integer(std::int64_t value) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  return add(std::string_view(digits, static_cast<std::size_t>(end - digits)));
}

command& command::append(const command& other) {
  body_ += other.body_;
  count_ += other.count_;
  return *this;
}

void command::encode(std::string& out) const {
  append_head(out, '*', count_);
  out += body_;
}

struct reply_reader::state {
  redisReader* reader = nullptr;
  reply root;
  std::size_t values = 0;
};

namespace {

/// Where the value of this task belongs: its parent's element, or the root. Null when there are too many.
reply* slot(const redisReadTask* task) {
  auto& state = *static_cast<reply_reader::state*>(task->privdata);
  if (task->parent == nullptr) {
    state.root = reply();
    state.values = 0;
    return &state.root;
  }
  return &static_cast<reply*>(task->parent->obj)->elements[static_cast<std::size_t>(task->idx)];
}

// These are called from C: no exception may leave them.
void* create_string(const redisReadTask* task, char* text, std::size_t length) {
  try {
    reply* value = slot(task);
    value->type = task->type == REDIS_REPLY_ERROR ? reply::kind::error : reply::kind::string;
    value->text.assign(text, length);
    return value;
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

void* create_array(const redisReadTask* task, int elements) {
  try {
    reply* value = slot(task);
    auto& state = *static_cast<reply_reader::state*>(task->privdata);
    state.values += static_cast<std::size_t>(elements);
    if (state.values > max_values) return nullptr;
    value->type = reply::kind::array;
    value->elements.resize(static_cast<std::size_t>(elements));
    return value;
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

void* create_integer(const redisReadTask* task, long long number) {
  reply* value = slot(task);
  value->type = reply::kind::integer;
  value->integer = number;
  return value;
}

void* create_nil(const redisReadTask* task) {
  return slot(task);
}

/// The tree is ours: hiredis has nothing to free.
void free_object(void* /*value*/) {}

redisReplyObjectFunctions functions{create_string, create_array, create_integer, create_nil, free_object};

}  // namespace

reply_reader::reply_reader() : state_(std::make_unique<state>()) {
  state_->reader = redisReaderCreateWithFunctions(&functions);
  if (state_->reader == nullptr) throw std::bad_alloc();
  state_->reader->maxbuf = kept_buffer;
  state_->reader->privdata = state_.get();
}

reply_reader::~reply_reader() {
  redisReaderFree(state_->reader);
}

bool reply_reader::feed(std::string_view bytes) {
  return redisReaderFeed(state_->reader, bytes.data(), bytes.size()) == REDIS_OK;
}

std::optional<reply> reply_reader::next() {
  void* value = nullptr;
  if (redisReaderGetReply(state_->reader, &value) != REDIS_OK || value == nullptr) return std::nullopt;
  return std::move(state_->root);
}

bool reply_reader::failed() const noexcept {
  return state_->reader->err != 0;
}

std::string reply_reader::error() const {
  return state_->reader->errstr;
}

}  // namespace dispatch::redis
