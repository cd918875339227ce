/* Not supported, and said so. */
#include <windows.h>

int main(void)
{
    __try {
        return 1;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return 2;
    }
}
