#pragma once

// What ActivityKit wants of a push of type liveactivity. Checked here, once a job: the system drops a payload
// it cannot read without a word, and APNs has answered 200 long before. Source: Apple, "Starting and updating
// Live Activities with ActivityKit push notifications".

#include <boost/json/value.hpp>
#include <string>

namespace dispatch {

/// `payload` as it will be sent. Empty when it is good, else what is wrong with it.
std::string live_activity_problem(const boost::json::value& payload);

/// Whether it starts an activity (which no broadcast can).
bool starts_activity(const boost::json::value& payload) noexcept;

}  // namespace dispatch
