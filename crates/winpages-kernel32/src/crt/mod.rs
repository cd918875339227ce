//! The C run-time functions that a Windows program expects and glibc has not, or has over another wchar_t.
//!
//! glibc's wide functions are compiled for a wchar_t of 32 bits and know nothing of Windows' formats. The headers'
//! prelude therefore sends a program's calls of wcslen, printf and their like to functions of the same name after
//! `winpages_`; functions that only Windows has (`_wcsicmp`, `sprintf_s`) keep their names. Text outside is UTF-8.

mod aligned_memory;
mod arguments;
mod command;
mod console;
mod directory;
mod environment;
mod file_descriptor;
mod file_path;
mod format;
mod format_float;
mod letter_case;
mod multibyte;
mod number_text;
mod output;
mod printf;
mod random;
mod scan;
mod scanf;
mod secure_string;
mod stream;
mod thread;
mod time;
mod unit;
mod va_list;
mod wide_class;
mod wide_memory;
mod wide_number;
mod wide_stream;
mod wide_string;
