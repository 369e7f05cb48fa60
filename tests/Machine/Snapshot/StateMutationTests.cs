using System;
using System.IO;
using Doppel.Machine.Snapshot;
using Doppel.Primitives;
using static Doppel.Machine.Tests.Snapshot.StateStreams;

namespace Doppel.Machine.Tests.Snapshot;

public sealed class StateMutationTests
{
    private static readonly byte[] Valid = Make(WriteSample);

    [Fact]
    public void Every_cut_and_every_plain_damage_is_refused()
    {
        ReadAll(Valid);
        for (int length = 0; length < Valid.Length; length += length < 300 ? 1 : 97)
        {
            Assert.Throws<StateFormatException>(() => ReadAll(Valid[..length]));
        }

        Random random = new(1);
        for (int round = 0; round < 500; round++)
        {
            byte[] damaged = (byte[])Valid.Clone();
            damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            Assert.Throws<StateFormatException>(() => ReadAll(damaged));
        }

        Assert.Throws<StateFormatException>(() => ReadAll([.. Valid, 0]));
    }

    [Fact]
    public void Ten_thousand_forgeries_give_a_state_or_a_format_error_and_nothing_else()
    {
        Random random = new(2);
        int refused = 0;
        for (int round = 0; round < 10_000; round++)
        {
            byte[] forged = Reseal(Mutate(random));
            try
            {
                ReadAll(forged);
            }
            catch (StateFormatException error)
            {
                Assert.NotEmpty(error.Message);
                refused++;
            }

            try
            {
                StateListing.Write(forged, TextWriter.Null);
            }
            catch (StateFormatException)
            {
                // A listing of damaged bytes ends so.
            }
        }

        Assert.InRange(refused, 5_000, 10_000);
    }

    // The items before and after the 20,000 random bytes are where damage matters: most changes go there.
    private static byte[] Mutate(Random random)
    {
        byte[] bytes = (byte[])Valid.Clone();
        for (int change = random.Next(1, 4); change > 0 && bytes.Length > 0; change--)
        {
            int at = random.Next(3) switch { 0 => bytes.Length - 1 - random.Next(Math.Min(80, bytes.Length)), _ => random.Next(Math.Min(180, bytes.Length)) };
            int to = Math.Min(bytes.Length, at + random.Next(1, 12));
            switch (random.Next(5))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes = [.. bytes[..at], .. bytes[to..]];
                    break;
                case 3:
                    bytes = [.. bytes[..to], .. bytes[at..]];
                    break;
                default:
                    bytes = bytes[..Math.Max(1, at)];
                    break;
            }
        }

        return bytes;
    }
}
