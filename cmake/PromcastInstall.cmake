# The part that others can embed: the public headers and the libraries below them. It installs alone with
#   cmake --install BUILD --component library
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/promcast)
get_property(library_targets GLOBAL PROPERTY PROMCAST_LIBRARY_TARGETS)
install(TARGETS ${library_targets} EXPORT promcastTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library)
install(DIRECTORY include/promcast DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT library)
install(EXPORT promcastTargets NAMESPACE promcast:: DESTINATION ${package_dir} COMPONENT library)
configure_package_config_file(cmake/promcastConfig.cmake.in ${PROJECT_BINARY_DIR}/promcastConfig.cmake
  INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/promcastConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/promcastConfig.cmake ${PROJECT_BINARY_DIR}/promcastConfigVersion.cmake
  DESTINATION ${package_dir} COMPONENT library)

if(TARGET promcast)
  install(TARGETS promcast RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT program)
endif()
