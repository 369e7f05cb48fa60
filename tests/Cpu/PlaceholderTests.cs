namespace Doppel.Cpu.Tests;
