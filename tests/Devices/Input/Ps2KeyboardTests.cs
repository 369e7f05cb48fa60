using System;
using System.Collections.Generic;
using System.Linq;
using Doppel.Devices.Input.Keyboard;
using Doppel.Primitives;

namespace Doppel.Devices.Tests.Input;

/// <summary>The keyboard itself: scan codes of each set, brackets of the navigation keys, commands, repetition.</summary>
public sealed class Ps2KeyboardTests
{
    private const byte LeftShift = 0x2A;
    private const byte RightShift = 0x36;
    private const byte Control = 0x1D;
    private const byte Alt = 0x38;
    private readonly Ps2Keyboard _keyboard = new();
    private GuestTime _now = GuestTime.Zero;

    public Ps2KeyboardTests() => _keyboard.Reset();

    [Fact]
    public void Set_2_is_what_the_controller_translates_back()
    {
        for (int key = 1; key < 0x80; key++)
        {
            byte second = KeyTable.Second((byte)key);
            Assert.Equal(key, ScanCodeTranslation.Translate(second));
        }
    }

    [Theory]
    [InlineData(1, "1E 9E")]
    [InlineData(2, "1C F0 1C")]
    [InlineData(3, "1C")]
    public void A_letter(byte set, string codes) => Sends(set, codes, 0x1E);

    [Theory]
    [InlineData(1, "E0 5B E0 DB")]
    [InlineData(2, "E0 1F E0 F0 1F")]
    [InlineData(3, "8B")]
    public void A_key_with_prefix(byte set, string codes) => Sends(set, codes, 0xDB);

    [Theory]
    [InlineData(1, "E1 1D 45 E1 9D C5")]
    [InlineData(2, "E1 14 77 E1 F0 14 F0 77")]
    [InlineData(3, "62")]
    public void Pause(byte set, string codes) => Sends(set, codes, 0xC6);

    [Theory]
    [InlineData(1, "1D E0 46 E0 C6 9D")]
    [InlineData(2, "14 E0 7E E0 F0 7E F0 14")]
    public void Control_pause_is_break(byte set, string codes) => Sends(set, codes, Control, 0xC6);

    [Theory]
    [InlineData(1, "E0 2A E0 37 E0 B7 E0 AA")]
    [InlineData(2, "E0 12 E0 7C E0 F0 7C E0 F0 12")]
    [InlineData(3, "57")]
    public void Print_screen(byte set, string codes) => Sends(set, codes, 0xB7);

    [Theory]
    [InlineData(LeftShift, "2A E0 37 E0 B7 AA")]
    [InlineData(Control, "1D E0 37 E0 B7 9D")]
    [InlineData(Alt, "38 54 D4 B8")]
    public void Print_screen_with_modifiers(byte modifier, string codes) => Sends(1, codes, modifier, 0xB7);

    [Fact]
    public void System_request_ends_as_it_began_though_alt_goes_first()
    {
        Select(1);
        Press(Alt);
        Press(0xB7);
        Release(Alt);
        Release(0xB7);
        Assert.Equal("38 54 B8 D4", Codes());
    }

    [Theory]
    [InlineData(1, 0, "E0 4B E0 CB")]
    [InlineData(1, 2, "E0 2A E0 4B E0 CB E0 AA")]
    [InlineData(2, 0, "E0 6B E0 F0 6B")]
    [InlineData(2, 2, "E0 12 E0 6B E0 F0 6B E0 F0 12")]
    [InlineData(3, 2, "61")]
    public void Navigation_keys_feign_shift_with_number_lock(byte set, byte leds, string codes)
    {
        Select(set);
        Light(leds);
        Sends(set, codes, 0xCB);
    }

    [Theory]
    [InlineData(0, LeftShift, "2A E0 AA E0 48 E0 C8 E0 2A AA")]
    [InlineData(0, RightShift, "36 E0 B6 E0 48 E0 C8 E0 36 B6")]
    [InlineData(2, LeftShift, "2A E0 48 E0 C8 AA")]
    public void Navigation_keys_feign_no_shift_without_number_lock(byte leds, byte shift, string codes)
    {
        Select(1);
        Light(leds);
        Sends(1, codes, shift, 0xC8);
    }

    [Fact]
    public void Keypad_divide_feigns_no_shift()
    {
        Sends(1, "2A E0 AA E0 35 E0 B5 E0 2A AA", LeftShift, 0xB5);
        Sends(1, "E0 35 E0 B5", 0xB5);
    }

    [Fact]
    public void A_bracket_is_closed_by_the_next_key_and_by_the_true_shift()
    {
        Select(1);
        Light(2);
        Press(0xD3);
        Press(0x1E);
        Assert.Equal("E0 2A E0 53 E0 AA 1E", Codes());
        Release(0x1E);
        Release(0xD3);
        Assert.Equal("9E E0 D3", Codes());
        Light(0);
        Press(LeftShift);
        Press(0xD3);
        Release(LeftShift);
        Release(0xD3);
        Assert.Equal("2A E0 AA E0 53 E0 2A AA E0 D3", Codes());
    }

    [Fact]
    public void What_is_no_key_is_ignored()
    {
        foreach (byte key in new byte[] { 0x00, 0x80, 0x60, 0xE0, 0x61, 0xE1, 0x7F, 0xFF, 0xAA, 0xB6 })
        {
            Press(key);
            Release(key);
        }

        Release(0x1E);
        Press(0x1E);
        Press(0x1E);
        Assert.Equal("1C", Codes());
    }

    [Fact]
    public void All_keys_of_a_104_key_keyboard_have_codes_of_their_own_in_each_set()
    {
        byte[] keys =
        [
            .. Enumerable.Range(0x01, 0x53).Where(key => key != 0x54).Select(key => (byte)key), 0x57, 0x58, 0x9C, 0x9D, 0xB5, 0xB7, 0xB8, 0xC6, 0xC7, 0xC8, 0xC9,
            0xCB, 0xCD, 0xCF, 0xD0, 0xD1, 0xD2, 0xD3, 0xDB, 0xDC, 0xDD,
        ];
        Assert.Equal(104, keys.Length);
        for (byte set = 1; set <= 3; set++)
        {
            HashSet<string> seen = [];
            foreach (byte key in keys)
            {
                _keyboard.Reset();
                Select(set);
                Press(key);
                string codes = Codes();
                Assert.True(codes.Length != 0 && seen.Add(codes), $"set {set}, key {key:X2}: {codes}");
            }
        }
    }

    [Fact]
    public void A_full_buffer_says_overrun_once_and_is_heard_again_when_it_is_read()
    {
        for (byte key = 0x02; key < 0x40; key++)
        {
            Press(key);
        }

        string codes = Codes();
        Assert.Equal(17 * 3 - 1, codes.Length);
        Assert.EndsWith(" 00", codes, StringComparison.Ordinal);
        Press(0x1E);
        Press(0x57);
        Assert.Equal("78", Codes());
    }

    [Fact]
    public void Keys_repeat_after_the_delay_at_the_rate()
    {
        Select(1);
        Press(0x1E);
        Assert.Equal("1E", Codes());
        Assert.Equal(500_000_000, _keyboard.Due.Nanoseconds);
        Advance(499_999_999);
        Assert.Equal(string.Empty, Codes());
        Advance(1);
        Assert.Equal("1E", Codes());
        Advance(91_740_000); // (8 + 3) * 2 * 4.17 ms: 10.9 a second
        Assert.Equal("1E", Codes());
        Release(0x1E);
        Assert.Equal("9E", Codes());
        Assert.Equal(GuestTime.Never, _keyboard.Due);
    }

    [Fact]
    public void The_keyboard_is_ready_when_its_codes_are_read_and_2_ms_have_passed()
    {
        Assert.True(_keyboard.IsReady);
        _keyboard.Press(0x1E, isDown: true, _now);
        Assert.Equal(2_000_000, _keyboard.Due.Nanoseconds);
        Advance(1_999_999);
        Assert.Equal("1C", Codes());
        Assert.False(_keyboard.IsReady);
        Advance(1);
        Assert.True(_keyboard.IsReady);
    }

    [Theory]
    [InlineData(0x00, 250_000_000, 33_360_000)]
    [InlineData(0x7F, 1_000_000_000, 500_400_000)]
    [InlineData(0x2B, 500_000_000, 91_740_000)]
    public void The_rate_is_the_tables(byte setting, long delay, long period)
    {
        _ = Ask(0xF3, setting);
        Press(0x1E);
        _ = Codes();
        Assert.Equal(delay, _keyboard.Due.Nanoseconds);
        Advance(delay);
        Assert.Equal(delay + period, _keyboard.Due.Nanoseconds);
    }

    [Fact]
    public void The_last_key_repeats_alone_and_pause_never()
    {
        Select(1);
        Press(0x1E);
        Press(0xD2);
        Release(0x1E);
        _ = Codes();
        Advance(500_000_000);
        Assert.Equal("E0 52", Codes());
        Release(0xD2);
        Press(0xC6);
        Assert.Equal(GuestTime.Never, _keyboard.Due);
    }

    [Fact]
    public void Nothing_repeats_into_a_buffer_that_is_not_read()
    {
        Press(0x1E);
        for (int i = 0; i < 100; i++)
        {
            Advance(100_000_000);
        }

        Assert.Equal("1C", Codes());
    }

    [Fact]
    public void Commands_are_answered()
    {
        Assert.Equal("FA AA", Ask(0xFF));
        Assert.Equal("FA AB 83", Ask(0xF2));
        Assert.Equal("EE", Ask(0xEE));
        Assert.Equal("FA FA", Ask(0xED, 0x07));
        Assert.Equal(7, _keyboard.Leds);
        Assert.Equal("FA FA 02", Ask(0xF0, 0x00));
        Assert.Equal("FA FE", Ask(0xF0, 0x04));
        Assert.Equal("FA FA", Ask(0xF0, 0x03));
        Assert.Equal("FA FA 03", Ask(0xF0, 0x00));
        foreach (byte command in new byte[] { 0xF4, 0xF5, 0xF6, 0xF7, 0xF8, 0xF9, 0xFA })
        {
            Assert.Equal("FA", Ask(command));
        }

        Assert.Equal("FA FA 02", Ask(0xF0, 0x00));
        Assert.Equal("FE", Ask(0x11));
        Assert.Equal("FE", Ask(0xEF));
        Assert.Equal("FE", Ask(0xF1));
        Assert.Equal("FE", Ask(0xFE));
    }

    [Fact]
    public void Set_3_modes_are_kept_by_key()
    {
        Select(3);
        Assert.Equal("1C", Typed(0x1E));
        Assert.Equal("11 F0 11", Typed(Control));
        Assert.Equal("FA FA FA", Ask(0xFC, 0x1C, 0x8B));
        Assert.Equal("FA", Ask(0xF4));
        Assert.Equal("1C F0 1C", Typed(0x1E));
        Assert.Equal("8B F0 8B", Typed(0xDB));
        Press(0x1E);
        Assert.Equal(GuestTime.Never, _keyboard.Due);
        Release(0x1E);
        _ = Ask(0xFB, 0x1C);
        _ = Ask(0xF4);
        Press(0x1E);
        Assert.NotEqual(GuestTime.Never, _keyboard.Due);
        Release(0x1E);
        _ = Ask(0xFA);
        _ = Codes();
        Assert.Equal("62 F0 62", Typed(0xC6));
        _ = Ask(0xF9);
        Assert.Equal("1C", Typed(0x1E));
        _ = Ask(0xFD, 0x1C, 0xFF);
        Select(3);
        Assert.Equal("11 F0 11", Typed(Control));
    }

    [Fact]
    public void A_keyboard_that_is_off_sees_releases_only()
    {
        Press(LeftShift);
        _ = Ask(0xF5);
        Assert.False(_keyboard.IsScanning);
        Press(0x1E);
        Release(LeftShift);
        _ = Ask(0xF4);
        Press(LeftShift);
        Assert.Equal("12", Codes());
        Release(0x1E);
        Assert.Equal(string.Empty, Codes());
    }

    private void Sends(byte set, string codes, params byte[] keys)
    {
        Select(set);
        foreach (byte key in keys)
        {
            Press(key);
        }

        foreach (byte key in keys.Reverse())
        {
            Release(key);
        }

        Assert.Equal(codes, Codes());
    }

    private string Typed(byte key)
    {
        Press(key);
        Release(key);
        return Codes();
    }

    private void Select(byte set) => _ = Ask(0xF0, set);

    private void Light(byte leds) => _ = Ask(0xED, leds);

    private string Ask(params byte[] bytes) => string.Join(' ', bytes.Select(value =>
    {
        _keyboard.Write(value);
        return Codes();
    }));

    private void Press(byte key) => Change(key, isDown: true);

    private void Release(byte key) => Change(key, isDown: false);

    // Time passes for the guest to look at the key, but too little to matter otherwise.
    private void Change(byte key, bool isDown)
    {
        _keyboard.Press(key, isDown, _now);
        _keyboard.Advance(_now + 2_000_000);
    }

    private void Advance(long nanoseconds)
    {
        _now += nanoseconds;
        _keyboard.Advance(_now);
    }

    private string Codes()
    {
        List<string> codes = [];
        while (_keyboard.TryTake(out byte value))
        {
            codes.Add($"{value:X2}");
        }

        return string.Join(' ', codes);
    }
}
