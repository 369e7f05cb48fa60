using Doppel.Backends.Vnc;
using Doppel.Backends.Vnc.Keys;

namespace Doppel.Backends.Tests.Vnc;

public sealed class InputTests
{
    private const uint ShiftKeysym = 0xFFE1;

    private readonly RecordingInput _input = new();

    [Theory]
    [InlineData('a', 0x1E, false)]
    [InlineData('A', 0x1E, true)]
    [InlineData('1', 0x02, false)]
    [InlineData('!', 0x02, true)]
    [InlineData('=', 0x0D, false)]
    [InlineData('+', 0x0D, true)]
    [InlineData('\\', 0x2B, false)]
    [InlineData('|', 0x2B, true)]
    [InlineData('?', 0x35, true)]
    [InlineData('"', 0x28, true)]
    [InlineData('~', 0x29, true)]
    [InlineData('m', 0x32, false)]
    public void Characters_stand_on_the_keys_of_a_US_keyboard(char character, byte code, bool shift)
    {
        Assert.True(KeysymTable.TryFind(character, out KeyCode key, out bool? needed));
        Assert.Equal((code, shift), (key.Value, needed));
        Assert.True(KeysymTable.TryFind(0x0100_0000u + character, out KeyCode again, out _));
        Assert.Equal(key, again);
    }

    [Fact]
    public void Every_printable_character_has_a_key_and_no_two_the_same()
    {
        System.Collections.Generic.HashSet<(byte, bool?)> seen = [];
        for (char character = ' '; character <= '~'; character++)
        {
            Assert.True(KeysymTable.TryFind(character, out KeyCode key, out bool? shift), $"'{character}' has no key");
            Assert.True(seen.Add((key.Value, shift)), $"'{character}' shares its key");
        }
    }

    [Theory]
    [InlineData(0xFF0D, 0x1C)]
    [InlineData(0xFF1B, 0x01)]
    [InlineData(0xFF51, 0xCB)]
    [InlineData(0xFFC9, 0x58)]
    [InlineData(0xFF13, 0xC6)]
    [InlineData(0xFF61, 0xB7)]
    [InlineData(0xFFEA, 0xB8)]
    [InlineData(0xFF8D, 0x9C)]
    public void Other_keys_have_their_places(uint keysym, byte code)
    {
        Assert.True(KeysymTable.TryFind(keysym, out KeyCode key, out bool? shift));
        Assert.Equal(code, key.Value);
        Assert.Null(shift);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(0xE4u)]
    [InlineData(0xFE03u)]
    [InlineData(0x0100_20ACu)]
    [InlineData(0xFFFF_FFFFu)]
    public void What_a_US_keyboard_does_not_have_is_ignored(uint keysym)
    {
        ClientKeys keys = new(_input);
        keys.ByMeaning(keysym, true);
        keys.ByMeaning(keysym, false);
        Assert.Empty(_input.Text);
    }

    [Fact]
    public void Shift_is_pressed_where_the_client_needs_none()
    {
        ClientKeys keys = new(_input);
        keys.ByMeaning('"', true);
        keys.ByMeaning('"', false);
        Assert.Equal("+2A +28 -2A -28", _input.Text);
    }

    [Fact]
    public void Shift_is_let_go_where_only_the_client_needs_it()
    {
        // A German keyboard has the slash on Shift and 7.
        ClientKeys keys = new(_input);
        keys.ByMeaning(ShiftKeysym, true);
        keys.ByMeaning('/', true);
        keys.ByMeaning('/', false);
        keys.ByMeaning(ShiftKeysym, false);
        Assert.Equal("+2A -2A +35 +2A -35 -2A", _input.Text);
    }

    [Fact]
    public void Capitals_come_from_Shift_or_Caps_Lock()
    {
        ClientKeys keys = new(_input);
        keys.ByMeaning(0xFFE5, true);
        keys.ByMeaning(0xFFE5, false);
        keys.ByMeaning('A', true);
        keys.ByMeaning('A', false);
        keys.ByMeaning('a', true);
        keys.ByMeaning('a', false);
        Assert.Equal("+3A -3A +1E -1E +2A +1E -2A -1E", _input.Text);
    }

    [Fact]
    public void Commands_are_left_as_they_are()
    {
        ClientKeys keys = new(_input);
        keys.ByMeaning(0xFFE3, true);
        keys.ByMeaning('C', true);
        Assert.Equal("+1D +2E", _input.Text);
    }

    [Fact]
    public void Keys_by_place_are_taken_as_they_come()
    {
        ClientKeys keys = new(_input);
        keys.ByPlace(0x1E, true);
        keys.ByPlace(0x1E, false);
        keys.ByPlace(0x54, true);
        keys.ByPlace(0, true);
        keys.ByPlace(0x100, true);
        keys.ByPlace(0x2C, false);
        Assert.Equal("+1E -1E +B7", _input.Text);
    }

    [Fact]
    public void Positions_become_movement_and_edges_bring_both_pointers_together()
    {
        ClientPointer pointer = new(_input);
        pointer.Absolute(100, 100, 0, 640, 480);
        Assert.Empty(_input.Text);
        pointer.Absolute(110, 95, 0, 640, 480);
        pointer.Absolute(110, 95, 1, 640, 480);
        pointer.Absolute(110, 95, 1, 640, 480);
        pointer.Absolute(0, 95, 1, 640, 480);
        pointer.Absolute(0, 479, 4, 640, 480);
        Assert.Equal("10,-5,0,0 0,0,0,1 -750,0,0,1 0,864,0,2", _input.Text);
    }

    [Fact]
    public void The_wheel_turns_by_presses_of_its_buttons()
    {
        ClientPointer pointer = new(_input);
        pointer.Absolute(5, 5, 0, 640, 480);
        pointer.Absolute(5, 5, 16, 640, 480);
        pointer.Absolute(5, 5, 0, 640, 480);
        pointer.Absolute(5, 5, 8, 640, 480);
        pointer.Absolute(5, 5, 2, 640, 480);
        Assert.Equal("0,0,1,0 0,0,-1,0 0,0,0,4", _input.Text);
    }

    [Fact]
    public void A_client_types_and_points()
    {
        using VncServer server = new(new VncOptions { Port = 0 }, _input);
        using RfbTestClient client = RfbTestClient.Open(server.Port, "native", RfbTestClient.Raw, RfbTestClient.ExtendedKeys);
        client.Request(isIncremental: false);
        client.ReadUpdate();
        Assert.Equal(1, client.Seen[RfbTestClient.ExtendedKeys]);
        client.Key('a', true);
        client.Key('a', false);
        client.ExtendedKey('b', 0x30, true);
        client.ExtendedKey('b', 0x30, false);
        client.ExtendedKey(0xFF0D, 0, true);
        client.Pointer(0, 50, 50);
        client.Pointer(1, 60, 50);
        Assert.Equal("+1E -1E +30 -30 +1C 10,0,0,1", _input.WaitFor(6));
    }

    [Fact]
    public void What_a_client_holds_is_let_go_when_it_leaves()
    {
        using VncServer server = new(new VncOptions { Port = 0 }, _input);
        using (RfbTestClient client = RfbTestClient.Open(server.Port, "native", RfbTestClient.Raw))
        {
            client.Key('a', true);
            client.Key(ShiftKeysym, true);
            client.Pointer(1, 1, 1);
            _input.WaitFor(3);
        }

        Assert.Equal("+1E +2A 0,0,0,1 -1E -2A 0,0,0,0", _input.WaitFor(6));
    }

    [Fact]
    public void A_client_that_can_sends_movement()
    {
        using VncServer server = new(new VncOptions { Port = 0 }, _input);
        using RfbTestClient client = RfbTestClient.Open(server.Port, "native", RfbTestClient.Raw, RfbTestClient.RelativePointer);
        client.Request(isIncremental: false);
        client.ReadUpdate();
        Assert.Equal(1, client.Seen[RfbTestClient.RelativePointer]);
        client.Pointer(0, 0x7FFF + 3, 0x7FFF - 4);
        client.Pointer(4, 0x7FFF, 0x7FFF);
        Assert.Equal("3,-4,0,0 0,0,0,2", _input.WaitFor(2));
    }
}
