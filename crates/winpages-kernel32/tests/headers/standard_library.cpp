// The standard library's headers after windows.h, and what of them works over a 16-bit wchar_t.
#include <windows.h>

#include <intrin.h>

#include <algorithm>
#include <any>
#include <array>
#include <atomic>
#include <bitset>
#include <cassert>
#include <cctype>
#include <cerrno>
#include <cfenv>
#include <cfloat>
#include <charconv>
#include <chrono>
#include <cinttypes>
#include <climits>
#include <clocale>
#include <cmath>
#include <codecvt>
#include <complex>
#include <condition_variable>
#include <csetjmp>
#include <csignal>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <cuchar>
#include <cwchar>
#include <cwctype>
#include <deque>
#include <exception>
#include <filesystem>
#include <forward_list>
#include <fstream>
#include <functional>
#include <future>
#include <initializer_list>
#include <iomanip>
#include <ios>
#include <iosfwd>
#include <iostream>
#include <istream>
#include <iterator>
#include <limits>
#include <list>
#include <locale>
#include <map>
#include <memory>
#include <memory_resource>
#include <mutex>
#include <new>
#include <numeric>
#include <optional>
#include <ostream>
#include <queue>
#include <random>
#include <ratio>
#include <regex>
#include <scoped_allocator>
#include <set>
#include <shared_mutex>
#include <sstream>
#include <stack>
#include <stdexcept>
#include <streambuf>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <tuple>
#include <type_traits>
#include <typeindex>
#include <typeinfo>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <valarray>
#include <variant>
#include <vector>

int main()
{
    std::wstring text = L"hello";
    text += L" w\u00f6rld \u5171\u4eab";
    std::wcout << text << L" " << text.size() << std::endl;
    std::wcout << std::setw(6) << 42 << std::hex << 255 << std::dec << L'!' << "narrow" << 3.5 << L"\n";
    std::wstring longer(100, L'x');
    longer.replace(3, 5, L"REPLACED");
    std::wcout << longer.find(L"REPLACED") << longer.substr(1, 6) << longer.length() << std::endl;
    std::unordered_map<std::wstring, int> counts;
    counts[L"key"]++;
    std::vector<std::wstring> words = {L"b", L"a"};
    std::sort(words.begin(), words.end());
    std::wcout << counts[L"key"] << words[0] << words[1] << std::endl;
    std::wcout << std::to_wstring(1234567890123L) << L" " << std::to_wstring(2.5) << L" " << std::stoi(L"-77") << L"\n";
    std::cout << std::to_string(1234567890123L) << " " << std::filesystem::path("/a/b").filename().string() << "\n";
    std::wstring line;
    std::getline(std::wcin, line);
    int number = 0;
    std::wcin >> number;
    std::wcout << L"[" << line << L"]" << line.size() << L" " << number << L"\n";
    wchar_t buffer[32];
    swprintf(buffer, L"%d", 5);
    std::wcout << buffer << L"\n";
    std::thread([] { std::cout << "thread\n"; }).join();
    LONG count = 1;
    long plain = 1;
    std::cout << InterlockedIncrement(&count) << InterlockedIncrement(&plain) << std::min<SIZE_T>(3, text.size()) << "\n";
    return text.compare(L"hellp") < 0 ? 0 : 1;
}
