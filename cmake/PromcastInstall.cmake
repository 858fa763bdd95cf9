# The part that others can embed: the public headers and the libraries below them.
include(CMakePackageConfigHelpers)
get_property(library_targets GLOBAL PROPERTY PROMCAST_LIBRARY_TARGETS)
if(library_targets)
  install(TARGETS ${library_targets} EXPORT promcastTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(DIRECTORY include/promcast DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  install(EXPORT promcastTargets NAMESPACE promcast:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/promcast)
  configure_package_config_file(cmake/promcastConfig.cmake.in ${PROJECT_BINARY_DIR}/promcastConfig.cmake
    INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/promcast)
  write_basic_package_version_file(${PROJECT_BINARY_DIR}/promcastConfigVersion.cmake COMPATIBILITY SameMinorVersion)
  install(FILES ${PROJECT_BINARY_DIR}/promcastConfig.cmake ${PROJECT_BINARY_DIR}/promcastConfigVersion.cmake
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/promcast)
endif()
if(TARGET promcast)
  install(TARGETS promcast RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
