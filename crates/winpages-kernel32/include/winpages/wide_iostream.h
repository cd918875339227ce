/*
 * std::wcout, wcerr, wclog and wcin. The compiler's library has them over a 32-bit wchar_t, so these stand in their
 * place: wide text is UTF-8 outside, and everything else is done by cout, cerr, clog and cin, with which they share
 * buffers, manipulators and state. They are no std::wostream and no std::wistream.
 */
#ifndef WINPAGES_WIDE_IOSTREAM_H
#define WINPAGES_WIDE_IOSTREAM_H

#include <iostream>
#include <string>
#include <wchar.h>

namespace winpages
{

/* Text in UTF-8. */
inline std::string narrow(const wchar_t *text, std::size_t length)
{
    std::string bytes;
    for (std::size_t at = 0; at < length; at++) {
        unsigned int code = (unsigned short)text[at];
        if (code >= 0xD800 && code < 0xDC00 && at + 1 < length && ((unsigned short)text[at + 1] & 0xFC00) == 0xDC00)
            code = 0x10000 + ((code & 0x3FF) << 10) + ((unsigned short)text[++at] & 0x3FF);
        else if (code >= 0xD800 && code < 0xE000)
            code = 0xFFFD;
        if (code < 0x80) {
            bytes += (char)code;
        } else if (code < 0x800) {
            bytes += (char)(0xC0 | code >> 6);
            bytes += (char)(0x80 | (code & 0x3F));
        } else if (code < 0x10000) {
            bytes += (char)(0xE0 | code >> 12);
            bytes += (char)(0x80 | (code >> 6 & 0x3F));
            bytes += (char)(0x80 | (code & 0x3F));
        } else {
            bytes += (char)(0xF0 | code >> 18);
            bytes += (char)(0x80 | (code >> 12 & 0x3F));
            bytes += (char)(0x80 | (code >> 6 & 0x3F));
            bytes += (char)(0x80 | (code & 0x3F));
        }
    }
    return bytes;
}

/* UTF-8 as wide text; what is not UTF-8 becomes U+FFFD. */
inline std::wstring widen(const std::string &bytes)
{
    std::wstring text(bytes.size(), L'\0');
    std::size_t at = 0, count = 0;
    while (at < bytes.size()) {
        unsigned int code = (unsigned char)bytes[at++];
        int more = code < 0x80 ? 0 : code < 0xC2 ? -1 : code < 0xE0 ? 1 : code < 0xF0 ? 2 : code < 0xF5 ? 3 : -1;
        if (more < 0) {
            code = 0xFFFD;
        } else if (more > 0) {
            code &= 0x3F >> more;
            for (; more > 0 && at < bytes.size() && ((unsigned char)bytes[at] & 0xC0) == 0x80; more--)
                code = code << 6 | ((unsigned char)bytes[at++] & 0x3F);
            if (more > 0)
                code = 0xFFFD;
        }
        if (code >= 0x10000) {
            text[count++] = (wchar_t)(0xD800 + ((code - 0x10000) >> 10));
            code = 0xDC00 + (code & 0x3FF);
        }
        text[count++] = (wchar_t)code;
    }
    text.resize(count);
    return text;
}

/* std::wcout and its like. */
class wide_output
{
    std::ostream *stream;
    /* A surrogate half written alone waits for its other half. */
    wchar_t half;

  public:
    explicit wide_output(std::ostream &narrow_stream) : stream(&narrow_stream), half(0) {}

    wide_output &write(const wchar_t *text, std::streamsize length)
    {
        std::wstring joined;
        if (half) {
            joined = half;
            half = 0;
        }
        joined.append(text, (std::size_t)length);
        if (!joined.empty() && ((unsigned short)joined[joined.size() - 1] & 0xFC00) == 0xD800) {
            half = joined[joined.size() - 1];
            joined.resize(joined.size() - 1);
        }
        /* operator<<, so that a width that was set pads wide text too. */
        *stream << narrow(joined.data(), joined.size());
        return *this;
    }
    wide_output &put(wchar_t character) { return write(&character, 1); }
    wide_output &flush()
    {
        stream->flush();
        return *this;
    }
    wide_output &operator<<(const wchar_t *text) { return write(text, (std::streamsize)wcslen(text)); }
    wide_output &operator<<(wchar_t *text) { return *this << (const wchar_t *)text; }
    wide_output &operator<<(const std::wstring &text) { return write(text.data(), (std::streamsize)text.size()); }
    wide_output &operator<<(wchar_t character) { return put(character); }
    wide_output &operator<<(std::ostream &(*manipulator)(std::ostream &))
    {
        manipulator(*stream);
        return *this;
    }
    wide_output &operator<<(std::ios &(*manipulator)(std::ios &))
    {
        manipulator(*stream);
        return *this;
    }
    wide_output &operator<<(std::ios_base &(*manipulator)(std::ios_base &))
    {
        manipulator(*stream);
        return *this;
    }
    template <class T> wide_output &operator<<(const T &value)
    {
        *stream << value;
        return *this;
    }

    std::streamsize width(std::streamsize wide) { return stream->width(wide); }
    std::streamsize precision(std::streamsize digits) { return stream->precision(digits); }
    wchar_t fill(wchar_t character) { return (wchar_t)(unsigned char)stream->fill((char)character); }
    std::ios_base::fmtflags setf(std::ios_base::fmtflags flags) { return stream->setf(flags); }
    std::ios_base::fmtflags setf(std::ios_base::fmtflags flags, std::ios_base::fmtflags mask)
    {
        return stream->setf(flags, mask);
    }
    void unsetf(std::ios_base::fmtflags flags) { stream->unsetf(flags); }
    /* The text outside is UTF-8 in every locale. */
    std::locale imbue(const std::locale &locale) { return stream->imbue(locale); }
    bool good() const { return stream->good(); }
    bool fail() const { return stream->fail(); }
    void clear() { stream->clear(); }
    bool operator!() const { return stream->fail(); }
};

/* std::wcin. */
class wide_input
{
    std::istream *stream;
    wchar_t half;

  public:
    explicit wide_input(std::istream &narrow_stream) : stream(&narrow_stream), half(0) {}

    std::istream &narrow_stream() { return *stream; }
    /* The next unit, or WEOF. */
    unsigned int get()
    {
        if (half) {
            wchar_t low = half;
            half = 0;
            return (unsigned short)low;
        }
        int first = stream->get();
        if (first < 0x80)
            return first < 0 ? 0xFFFFFFFFU : (unsigned int)first;
        std::string bytes(1, (char)first);
        for (int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1; more > 0; more--) {
            if ((stream->peek() & 0xC0) != 0x80)
                break;
            bytes += (char)stream->get();
        }
        std::wstring text = widen(bytes);
        if (text.size() > 1)
            half = text[1];
        return (unsigned short)text[0];
    }
    wide_input &get(wchar_t &character)
    {
        unsigned int unit = get();
        if (unit != 0xFFFFFFFFU)
            character = (wchar_t)unit;
        return *this;
    }
    wide_input &getline(wchar_t *buffer, std::streamsize size, wchar_t delimiter = L'\n')
    {
        std::string line;
        std::getline(*stream, line, (char)delimiter);
        std::wstring text = widen(line);
        std::streamsize length = (std::streamsize)text.copy(buffer, size > 0 ? (std::size_t)(size - 1) : 0);
        if (size > 0)
            buffer[length] = L'\0';
        if (length < (std::streamsize)text.size())
            stream->setstate(std::ios_base::failbit);
        return *this;
    }
    wide_input &ignore(std::streamsize count = 1, unsigned int delimiter = 0xFFFFFFFFU)
    {
        stream->ignore(count, delimiter == 0xFFFFFFFFU ? -1 : (int)delimiter);
        return *this;
    }
    wide_input &operator>>(std::wstring &text)
    {
        std::string word;
        if (*stream >> word)
            text = widen(word);
        return *this;
    }
    wide_input &operator>>(wchar_t &character)
    {
        *stream >> std::ws;
        return get(character);
    }
    template <std::size_t size> wide_input &operator>>(wchar_t (&buffer)[size])
    {
        std::wstring text;
        *this >> text;
        buffer[text.copy(buffer, size - 1)] = L'\0';
        return *this;
    }
    wide_input &operator>>(std::istream &(*manipulator)(std::istream &))
    {
        manipulator(*stream);
        return *this;
    }
    wide_input &operator>>(std::ios_base &(*manipulator)(std::ios_base &))
    {
        manipulator(*stream);
        return *this;
    }
    template <class T> wide_input &operator>>(T &value)
    {
        *stream >> value;
        return *this;
    }

    std::locale imbue(const std::locale &locale) { return stream->imbue(locale); }
    bool good() const { return stream->good(); }
    bool eof() const { return stream->eof(); }
    bool fail() const { return stream->fail(); }
    void clear() { stream->clear(); }
    bool operator!() const { return stream->fail(); }
#if __cplusplus >= 201103L
    explicit operator bool() const { return !stream->fail(); }
#else
    operator void *() const { return stream->fail() ? 0 : (void *)this; }
#endif
};

/* One of each in the program, made before the first use. */
inline wide_output &standard_output()
{
    static wide_output stream(std::cout);
    return stream;
}
inline wide_output &standard_error()
{
    static wide_output stream(std::cerr);
    return stream;
}
inline wide_output &standard_log()
{
    static wide_output stream(std::clog);
    return stream;
}
inline wide_input &standard_input()
{
    static wide_input stream(std::cin);
    return stream;
}

}

namespace std
{

inline winpages::wide_input &getline(winpages::wide_input &input, wstring &text, wchar_t delimiter = L'\n')
{
    string line;
    if (getline(input.narrow_stream(), line, (char)delimiter))
        text = winpages::widen(line);
    return input;
}
}

#endif
