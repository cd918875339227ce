/* std::filesystem of this compiler's library is the POSIX one; _WIN32 would make its header declare another. */
#pragma push_macro("_WIN32")
#undef _WIN32
#include_next <bits/fs_path.h>
#pragma pop_macro("_WIN32")
