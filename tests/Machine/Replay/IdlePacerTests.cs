using Doppel.Machine.Replay;

namespace Doppel.Machine.Tests.Replay;

public sealed class IdlePacerTests
{
    private readonly IdlePacer _pacer = new();

    [Fact]
    public void A_whole_sleep_passes_the_whole_gap()
    {
        Assert.Equal(4_000_000, _pacer.Wait(4_000_000));
        Assert.Equal(4_000_000, _pacer.Pass(4_000_000, 4_000_000, isCutShort: false));
        Assert.Equal(1_000_000, _pacer.Wait(1_000_000));
    }

    [Fact]
    public void Short_gaps_are_owed_until_they_are_worth_a_sleep()
    {
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal(0, _pacer.Wait(20_000));
            Assert.Equal(20_000, _pacer.Pass(20_000, 0, isCutShort: false));
        }

        Assert.Equal(100_000, _pacer.Wait(20_000));
    }

    [Fact]
    public void Sleeping_too_long_is_made_up_for_but_not_for_ever()
    {
        _pacer.Pass(1_000_000, 1_200_000, isCutShort: false);
        Assert.Equal(800_000, _pacer.Wait(1_000_000));
        _pacer.Pass(1_000_000, 900_000_000, isCutShort: false);
        Assert.Equal(1_000_000, _pacer.Wait(6_000_000));
    }

    [Fact]
    public void Input_in_the_middle_comes_at_the_time_that_passed()
    {
        Assert.Equal(3_000_000, _pacer.Pass(8_000_000, 3_000_000, isCutShort: true));
        Assert.Equal(5_000_000, _pacer.Wait(5_000_000));
        Assert.Equal(8_000_000, _pacer.Pass(8_000_000, 9_000_000, isCutShort: true));
    }

    [Fact]
    public void What_was_owed_is_slept_first()
    {
        _pacer.Pass(50_000, 0, isCutShort: false);
        Assert.Equal(0, _pacer.Pass(8_000_000, 40_000, isCutShort: true));
        Assert.Equal(90_000, _pacer.Pass(8_000_000, 100_000, isCutShort: true));
    }
}
