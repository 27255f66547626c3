# Stands in for the SlicerConfig.cmake of a built Slicer: as strict as Slicer's own macros about what
# an extension says, it writes down what was asked (requests.txt) and lays the module's files out for
# `cmake --install` as Slicer does. It builds nothing and needs neither Slicer nor a compiler.
cmake_minimum_required(VERSION 3.20.6...3.22.6 FATAL_ERROR)

set(Slicer_USE_FILE "${CMAKE_CURRENT_LIST_DIR}/UseSlicer.cmake")
set(Slicer_EXTENSION_GENERATE_CONFIG "${CMAKE_CURRENT_LIST_DIR}/GenerateConfig.cmake")
set(Slicer_EXTENSION_CPACK "${CMAKE_CURRENT_LIST_DIR}/CPack.cmake")
set(Slicer_INSTALL_QTSCRIPTEDMODULES_LIB_DIR "lib/Slicer/qt-scripted-modules")
