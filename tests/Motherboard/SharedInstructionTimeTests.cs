using System;
using Doppel.Primitives;

namespace Doppel.Motherboard.Tests;

public sealed class SharedInstructionTimeTests
{
    private ulong _retired;

    [Fact]
    public void As_many_instructions_as_processors_make_a_nanosecond()
    {
        SharedInstructionTime time = new(() => _retired);
        for (int sharing = 1; sharing <= SharedInstructionTime.MostSharing; sharing++)
        {
            time.Sharing = sharing;
            GuestTime before = time.Now;
            _retired += 1000 * (ulong)sharing;
            Assert.Equal(1000, time.Now - before);
        }
    }

    [Fact]
    public void Time_is_exact_never_goes_back_and_an_event_is_met_at_its_first_instruction()
    {
        Random random = new(1);
        SharedInstructionTime time = new(() => _retired);
        UInt128 units = 0;
        long skipped = 0;
        for (int round = 0; round < 100_000; round++)
        {
            time.Sharing = random.Next(1, 9);
            if (random.Next(10) == 0)
            {
                long gap = random.Next(100);
                time.SkipTo(time.Now + gap);
                skipped += gap;
            }

            GuestTime due = time.Now + random.Next(0, 50);
            ulong until = time.InstructionsUntil(due);
            Assert.True(until == 0 == (due <= time.Now));
            if (until > 0)
            {
                _retired += until - 1;
                Assert.True(time.Now < due);
                _retired++;
                Assert.Equal(due, time.Now);
                units += until * (ulong)(SharedInstructionTime.UnitsPerNanosecond / time.Sharing);
            }

            Assert.Equal((long)(units / SharedInstructionTime.UnitsPerNanosecond) + skipped, time.Now.Nanoseconds);
            Assert.Equal((uint)(units % SharedInstructionTime.UnitsPerNanosecond), time.Fraction);
        }

        Assert.Equal(ulong.MaxValue, time.InstructionsUntil(GuestTime.Never) | (ulong.MaxValue >> 1));
    }

    [Fact]
    public void A_restored_time_goes_on_inside_the_nanosecond()
    {
        SharedInstructionTime time = new(() => _retired) { Sharing = 7 };
        _retired = 12_345;
        ulong later = 99;
        SharedInstructionTime other = new(() => later) { Sharing = 7, Fraction = time.Fraction };
        other.ContinueFrom(time.Now);
        for (int i = 0; i < 50; i++)
        {
            _retired++;
            later++;
            Assert.Equal(time.Now, other.Now);
        }
    }
}
