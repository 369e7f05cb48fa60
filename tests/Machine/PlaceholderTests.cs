namespace Doppel.Machine.Tests;
