namespace Doppel.Devices.Tests;
