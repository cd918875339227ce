/* What the two processes of the note agree on. */
#ifndef NOTE_H
#define NOTE_H

#include <windows.h>

/* The reader shows in it who it is, and the writer where the note is. */
#define NOTE_SECTION "Local\\note"
#define NOTE_WRITTEN "Local\\note written"
#define NOTE_READ "Local\\note read"
#define NOTE_GONE "Local\\note gone"

typedef struct Note {
    DWORD reader;
    const char *text;
} Note;

#endif
