using System;
using System.Collections.Generic;
using Doppel.Backends;
using Doppel.Backends.Keys;
using Doppel.Machine.Outside;

namespace Doppel.Machine.Tests.Outside;

/// <summary>What waits for keyboard and mouse is bounded, and the records are what they say.</summary>
public sealed class KeyInputTests
{
    private readonly Port _port = new();

    [Fact]
    public void Keys_wait_for_room_one_by_one()
    {
        KeyInput input = new(_port);
        input.Post(new KeyEvent(new KeyCode(0x1E), IsDown: true));
        input.Post(new KeyEvent(new KeyCode(0x1E), IsDown: false));
        Assert.False(input.CanDeliver);
        _port.Room = 2;
        Assert.True(input.CanDeliver);
        List<byte[]> told = [];
        input.Deliver(bytes => told.Add(bytes.ToArray()));
        Assert.Equal([0x1E, 1], Assert.Single(told));
        Assert.Equal([0x1E, 1], _port.Got);
        _port.IsListening = false;
        _port.Room = 2;
        input.Deliver();
        Assert.True(input.HasWaiting);
        _port.IsListening = true;
        input.Deliver();
        Assert.Equal([0x1E, 1, 0x1E, 0], _port.Got);
        Assert.False(input.HasWaiting);
    }

    [Fact]
    public void Too_many_keys_are_dropped_but_room_is_left_for_releases()
    {
        KeyInput input = new(_port);
        for (int i = 0; i < 1000; i++)
        {
            input.Post(new KeyEvent(new KeyCode(1), IsDown: true));
        }

        for (int i = 0; i < 1000; i++)
        {
            input.Post(new KeyEvent(new KeyCode(1), IsDown: false));
        }

        _port.Room = int.MaxValue;
        input.Deliver();
        Assert.Equal(KeyInput.Most * KeyRecord.Length, _port.Got.Count);
        Assert.Equal(1, _port.Got[(KeyInput.MostDown * 2) - 1]);
        Assert.Equal(0, _port.Got[^1]);
    }

    [Fact]
    public void Movements_with_the_same_buttons_add_up()
    {
        PointerInput input = new(_port);
        input.Post(PointerRecord.Of(1, 2, 3, PointerButtons.None));
        input.Post(PointerRecord.Of(10, -20, -1, PointerButtons.None));
        input.Post(PointerRecord.Of(0, 0, 0, PointerButtons.Left));
        input.Post(PointerRecord.Of(0, 0, 0, PointerButtons.None));
        _port.Room = 1000;
        input.Deliver();
        Assert.Equal([11, 0, 0xEE, 0xFF, 2, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0], _port.Got);
        Assert.False(input.HasWaiting);
    }

    [Fact]
    public void What_a_guest_without_mouse_driver_misses_is_forgotten()
    {
        PointerInput input = new(_port);
        for (int i = 0; i < 2000; i++)
        {
            input.Post(PointerRecord.Of(short.MaxValue, 0, 0, (PointerButtons)(i & 1)));
        }

        _port.IsListening = false;
        input.Deliver();
        Assert.False(input.HasWaiting);
    }

    [Fact]
    public void Records_hold_what_was_put_in()
    {
        PointerRecord all = PointerRecord.Of(int.MinValue, int.MaxValue, -500, (PointerButtons)0x1F);
        Assert.Equal(all, PointerRecord.Decode(all.Encode()));
        Assert.Equal((short.MinValue, short.MaxValue, sbyte.MinValue), (all.Right, all.Down, all.Wheel));
        KeyEvent key = new(new KeyCode(0xD3), IsDown: true);
        Assert.Equal(key, KeyRecord.Decode(KeyRecord.Encode([key])));
    }

    private sealed class Port : ICharacterSink
    {
        public List<byte> Got { get; } = [];

        public bool IsListening { get; set; } = true;

        public int Room { get; set; }

        public void Receive(ReadOnlySpan<byte> bytes)
        {
            Got.AddRange(bytes);
            Room -= bytes.Length;
        }
    }
}
