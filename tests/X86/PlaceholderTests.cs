namespace Doppel.X86.Tests;
