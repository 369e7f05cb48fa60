namespace Doppel.Memory.Tests;
