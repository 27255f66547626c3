if(NOT DEFINED EXTENSION_NAME)
  message(FATAL_ERROR "\${Slicer_USE_FILE} was not included before")
endif()
_requested("generate config" ON)
