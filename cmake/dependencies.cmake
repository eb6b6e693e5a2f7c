# Everything here is a package of Debian 12 (scripts/lib/packages.txt). Why each was chosen: docs/adr/0001.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json url system)
find_package(OpenSSL 3 REQUIRED)
find_package(simdjson REQUIRED CONFIG)
find_package(tomlplusplus REQUIRED CONFIG)
find_package(CLI11 REQUIRED CONFIG)
find_package(fmt REQUIRED CONFIG)
find_package(spdlog REQUIRED CONFIG)
find_package(prometheus-cpp REQUIRED CONFIG)
pkg_check_modules(NGHTTP2 REQUIRED IMPORTED_TARGET libnghttp2)
pkg_check_modules(HIREDIS REQUIRED IMPORTED_TARGET hiredis)
pkg_check_modules(JEMALLOC IMPORTED_TARGET jemalloc)
find_package(CAF REQUIRED)

# 1.74 and 1.81 cannot be installed together as -dev packages, but an unused Boost::system stub is harmless.
add_compile_definitions(BOOST_ASIO_NO_DEPRECATED)
