using System.Collections.Generic;
using System.Linq;
using Doppel.Devices.Input.Keyboard;
using Doppel.Primitives;

namespace Doppel.Devices.Tests.Input;

/// <summary>The mouse itself: commands, packets of the three protocols, sample rate, scaling.</summary>
public sealed class Ps2MouseTests
{
    private readonly Ps2Mouse _mouse = new();
    private GuestTime _now = new(1_000_000_000);

    public Ps2MouseTests() => _mouse.Reset();

    [Fact]
    public void A_plain_mouse_stays_one()
    {
        Assert.Equal("FA AA 00", Ask(0xFF));
        Assert.Equal("FA 00", Ask(0xF2));
        Rates(200, 100, 90);
        Rates(200, 100);
        Assert.Equal("FA 00", Ask(0xF2));
        Enable();
        Assert.Equal("29 05 FD", Moved(5, 3, 9, 0x19));
    }

    [Fact]
    public void Three_rates_make_a_wheel()
    {
        Rates(200, 100, 80);
        Assert.Equal("FA 03", Ask(0xF2));
        Enable();
        Assert.Equal("08 00 00 01", Moved(0, 0, 1, 0));
        Assert.Equal("08 00 00 FE", Moved(0, 0, -2, 0));
        Assert.Equal("08 00 00 07 08 00 00 07 08 00 00 06", Moved(0, 0, 20, 0));
        Assert.Equal("FA", Ask(0xF6));
        Assert.Equal("FA 03", Ask(0xF2));
        Assert.Equal("FA AA 00", Ask(0xFF));
        Assert.Equal("FA 00", Ask(0xF2));
    }

    [Fact]
    public void Three_other_rates_make_five_buttons()
    {
        Rates(200, 100, 80);
        Rates(200, 200, 80);
        Assert.Equal("FA 04", Ask(0xF2));
        Enable();
        Assert.Equal("09 01 00 1F", Moved(1, 0, -1, 0x09));
        Assert.Equal("08 00 00 20", Moved(0, 0, 0, 0x10));
        Rates(200, 100, 80);
        Assert.Equal("FA 04", Ask(0xF2));
    }

    [Fact]
    public void Settings_are_reported()
    {
        Assert.Equal("FA 00 02 64", Ask(0xE9));
        _ = Ask(0xE8, 3);
        Rates(40);
        _ = Ask(0xE7);
        Enable();
        _ = Moved(0, 0, 0, 5);
        Assert.Equal("FA 35 03 28", Ask(0xE9));
        Assert.Equal("FA", Ask(0xF0));
        Assert.Equal("FA 75 03 28", Ask(0xE9));
        Assert.Equal("FA", Ask(0xEA));
        Assert.Equal("FA", Ask(0xE6));
        Assert.Equal("FA 25 03 28", Ask(0xE9));
        Assert.Equal("FA", Ask(0xF6));
        Assert.Equal("FA 05 02 64", Ask(0xE9));
    }

    [Fact]
    public void Packets_come_at_the_sample_rate_and_movement_adds_up()
    {
        Rates(20);
        Enable();
        _mouse.Move(1, 0, 0, 0, _now);
        Assert.Equal("08 01 00", Bytes());
        _mouse.Move(2, 0, 0, 0, _now);
        _mouse.Move(3, 0, 0, 0, _now);
        Assert.Equal(string.Empty, Bytes());
        Assert.Equal(_now + 50_000_000, _mouse.Due);
        Advance(49_999_999);
        Assert.Equal(string.Empty, Bytes());
        Advance(1);
        Assert.Equal("08 05 00", Bytes());
        Assert.Equal(GuestTime.Never, _mouse.Due);
    }

    [Fact]
    public void A_packet_that_is_not_read_is_not_followed_by_another()
    {
        Enable();
        _mouse.Move(1, 0, 0, 0, _now);
        _mouse.Move(1, 0, 0, 1, _now);
        Assert.False(_mouse.IsIdle);
        Advance(1_000_000_000);
        Assert.Equal("08 01 00", Bytes());
        Advance(0);
        Assert.Equal("09 01 00", Bytes());
        Assert.True(_mouse.IsIdle);
    }

    [Fact]
    public void Scaling_is_for_streams()
    {
        Enable();
        _ = Ask(0xE7);
        Assert.Equal("08 01 00", Moved(2, 0, 0, 0));
        Assert.Equal("28 06 F7", Moved(4, 5, 0, 0));
        Assert.Equal("18 F4 00", Moved(-6, 0, 0, 0));
        Assert.Equal("18 FF 00", Moved(-1, 0, 0, 0));
        _ = Ask(0xF0);
        _mouse.Move(4, 0, 0, 0, _now);
        Assert.Equal("FA 08 04 00", Ask(0xEB));
        Assert.Equal("FA 08 00 00", Ask(0xEB));
    }

    [Fact]
    public void Movement_while_nobody_listens_is_forgotten()
    {
        Assert.False(_mouse.IsListening);
        _mouse.Move(100, 100, 0, 1, _now);
        Enable();
        Assert.True(_mouse.IsListening);
        Assert.Equal(GuestTime.Never, _mouse.Due);
        Assert.Equal("08 01 00", Moved(1, 0, 0, 0));
    }

    [Fact]
    public void A_packet_that_a_command_cut_off_is_made_up_for()
    {
        Enable();
        _mouse.Move(0, 0, 0, 1, _now);
        Assert.Equal("FA 00", Ask(0xF2));
        Advance(1_000_000_000);
        Assert.Equal("09 00 00", Bytes());
    }

    [Fact]
    public void Wrap_mode_echoes_and_unknown_commands_are_refused()
    {
        Assert.Equal("FA", Ask(0xEE));
        Assert.Equal("F4", Ask(0xF4));
        Assert.Equal("FA", Ask(0xEC));
        Assert.Equal("FE", Ask(0xE1));
        Assert.Equal("FE", Ask(0xFE));
        Assert.Equal("FA", Ask(0xEE));
        Assert.Equal("FA AA 00", Ask(0xFF));
    }

    private void Enable() => Assert.Equal("FA", Ask(0xF4));

    private void Rates(params byte[] rates)
    {
        foreach (byte rate in rates)
        {
            Assert.Equal("FA FA", Ask(0xF3, rate));
        }
    }

    private string Moved(int right, int down, int wheel, byte buttons)
    {
        Advance(1_000_000_000);
        _mouse.Move(right, down, wheel, buttons, _now);
        List<string> packets = [];
        while (Bytes() is { Length: > 0 } packet)
        {
            packets.Add(packet);
            Advance(1_000_000_000);
        }

        return string.Join(' ', packets);
    }

    private void Advance(long nanoseconds)
    {
        _now += nanoseconds;
        _mouse.Advance(_now);
    }

    private string Ask(params byte[] bytes) => string.Join(' ', bytes.Select(value =>
    {
        _mouse.Write(value);
        return Bytes();
    }));

    private string Bytes()
    {
        List<string> bytes = [];
        while (_mouse.TryTake(out byte value))
        {
            bytes.Add($"{value:X2}");
        }

        return string.Join(' ', bytes);
    }
}
