# gemmi, header-only as Debian packages it. Target: Gemmi::gemmi
find_path(Gemmi_INCLUDE_DIR gemmi/cif.hpp)
find_path(Pegtl_INCLUDE_DIR tao/pegtl.hpp)  # gemmi includes it; Debian packages it as tao-pegtl-dev
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Gemmi REQUIRED_VARS Gemmi_INCLUDE_DIR Pegtl_INCLUDE_DIR)
if(Gemmi_FOUND AND NOT TARGET Gemmi::gemmi)
  add_library(Gemmi::gemmi INTERFACE IMPORTED)
  target_include_directories(Gemmi::gemmi SYSTEM INTERFACE ${Gemmi_INCLUDE_DIR} ${Pegtl_INCLUDE_DIR})
endif()
