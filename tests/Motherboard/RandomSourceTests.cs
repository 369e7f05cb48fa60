using System;
using System.Linq;
using System.Security.Cryptography;
using Doppel.Motherboard.Tests.Doubles;

namespace Doppel.Motherboard.Tests;

public sealed class RandomSourceTests
{
    [Fact]
    public void The_numbers_are_those_of_SHA_256_in_counter_mode()
    {
        RandomSource source = new(7);
        byte[] key = SHA256.HashData(BitConverter.GetBytes(7UL));
        foreach (ulong index in (ulong[])[0, 1])
        {
            byte[] block = SHA256.HashData([.. key, .. BitConverter.GetBytes(index)]);
            for (int i = 0; i < 4; i++)
            {
                Assert.Equal(BitConverter.ToUInt64(block, i * 8), source.Next());
            }
        }
    }

    [Fact]
    public void Seeds_tell_sources_apart_and_nothing_else_does()
    {
        Assert.Equal(Draw(new RandomSource(5)), Draw(new RandomSource(5)));
        Assert.NotEqual(Draw(new RandomSource(5)), Draw(new RandomSource(6)));
        Assert.NotEqual(Draw(new RandomSource([1])), Draw(new RandomSource([1, 0])));
        ulong[] many = [.. Enumerable.Range(0, 10).SelectMany(_ => Draw(new RandomSource(5)))];
        Assert.Equal(8, many.Distinct().Count());
    }

    [Fact]
    public void Bytes_are_numbers_lowest_byte_first()
    {
        byte[] bytes = new byte[11];
        RandomSource source = new(1);
        source.Fill(bytes);
        ulong[] numbers = Draw(new RandomSource(1));
        Assert.Equal([.. BitConverter.GetBytes(numbers[0]), .. BitConverter.GetBytes(numbers[1])[..3]], bytes);
        Assert.Equal(numbers[2], source.Next());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_restored_source_goes_on_where_it_was_saved(int drawn)
    {
        RandomSource source = new(9);
        for (int i = 0; i < drawn; i++)
        {
            source.Next();
        }

        StateTape tape = new();
        source.Save(tape);
        RandomSource other = new(1);
        other.Next();
        other.Restore(tape.Rewind());
        Assert.Equal(Draw(source), Draw(other));
    }

    [Fact]
    public void Reseeding_parts_two_sources_of_one_past()
    {
        RandomSource one = new(9);
        RandomSource other = new(9);
        one.Next();
        one.Reseed([1]);
        other.Reseed([2]);
        Assert.NotEqual(Draw(one), Draw(other));

        // Drawn from or not, the key is what is mixed.
        RandomSource again = new(9);
        again.Next();
        again.Reseed([2]);
        Assert.Equal(Draw(again), Draw(new RandomSource([.. SHA256.HashData(BitConverter.GetBytes(9UL)), 2])));
    }

    [Fact]
    public void The_board_saves_it_and_gives_it_to_processors()
    {
        Board board = Make(3);
        ulong first = board.Sockets[0].DrawRandom();
        Assert.Equal(Draw(new RandomSource(3))[0], first);
        StateTape tape = new();
        board.Save(tape);
        Board other = Make(4);
        other.Restore(tape.Rewind());
        Assert.Equal(Draw(board.Random), Draw(other.Random));
    }

    private static Board Make(ulong seed) => new(new Doppel.Memory.GuestPhysicalSpace(), new InstructionTime(() => 0), random: new RandomSource(seed));

    private static ulong[] Draw(RandomSource source) => [.. Enumerable.Range(0, 8).Select(_ => source.Next())];
}
