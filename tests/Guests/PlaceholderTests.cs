namespace Doppel.Guests.Tests;
