#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "apps/sandbox/fault_orders.hpp"

namespace dispatch::sandbox {

struct parsed_order {
  fault_order order;
  std::string problem;  // empty: good
};

// The body of POST /faults (README.md lists the members). Unknown members are a problem: a typo in a test
// would otherwise be a fault that never comes.
parsed_order parse_fault_order(const boost::json::object& from, steady_time now);

boost::json::object to_json(const fault_order& order);

}  // namespace dispatch::sandbox
