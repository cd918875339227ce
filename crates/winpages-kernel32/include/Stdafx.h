#include <stdafx.h>
