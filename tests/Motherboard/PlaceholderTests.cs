namespace Doppel.Motherboard.Tests;
