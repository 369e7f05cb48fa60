using System.Collections.Generic;
using System.Linq;
using Doppel.Backends.Keys;

namespace Doppel.Backends.Tests.Keys;

/// <summary>Keys by name, by what they print, and by X keysym.</summary>
public sealed class KeysTests
{
    [Theory]
    [InlineData("a", 0x1E)]
    [InlineData("RET", 0x1C)]
    [InlineData("enter", 0x1C)]
    [InlineData("spc", 0x39)]
    [InlineData("f1", 0x3B)]
    [InlineData("f12", 0x58)]
    [InlineData("kp_divide", 0xB5)]
    [InlineData("delete", 0xD3)]
    [InlineData("pause", 0xC6)]
    [InlineData("0xdb", 0xDB)]
    public void Keys_have_names(string name, byte code)
    {
        Assert.True(KeyNames.TryFind(name, out KeyCode key));
        Assert.Equal(code, key.Value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("ä")]
    [InlineData("f13")]
    [InlineData("0x")]
    [InlineData("0x0")]
    [InlineData("0x100")]
    [InlineData("0x-1")]
    public void What_is_no_key_has_none(string name) => Assert.False(KeyNames.TryFind(name, out _));

    [Fact]
    public void Every_name_is_that_of_its_key()
    {
        string[] names = [.. KeyNames.All];
        Assert.True(names.Length > 104);
        foreach (string name in names)
        {
            Assert.True(KeyNames.TryFind(name, out KeyCode key));
            Assert.Equal(name, KeyNames.NameOf(key));
        }

        Assert.Equal("0xff", KeyNames.NameOf(new KeyCode(0xFF)));
    }

    [Fact]
    public void A_chord_is_released_the_other_way_round()
    {
        Assert.True(KeyNames.TryChord("ctrl-alt-delete", out IReadOnlyList<KeyEvent> events, out _));
        Assert.Equal("+1D +38 +D3 -D3 -38 -1D", Show(events));
        Assert.True(KeyNames.TryChord("x", out events, out _));
        Assert.Equal("+2D -2D", Show(events));
    }

    [Theory]
    [InlineData("ctrl-alt-delte", "delte")]
    [InlineData("ctrl-ctrl", "ctrl")]
    [InlineData("-", "")]
    public void A_chord_of_what_is_no_key_says_so(string chord, string unknown)
    {
        Assert.False(KeyNames.TryChord(chord, out IReadOnlyList<KeyEvent> events, out string name));
        Assert.Equal(unknown, name);
        Assert.Empty(events);
    }

    [Fact]
    public void Text_is_typed_with_shift_where_it_must_be()
    {
        Assert.True(KeyTyping.TryType("aBC\\d\r", out IReadOnlyList<KeyEvent> events, out char inTheWay));
        Assert.Equal("+1E -1E +2A +30 -30 +2E -2E -2A +2B -2B +20 -20 +1C -1C", Show(events));
        Assert.Equal('\0', inTheWay);
        Assert.True(KeyTyping.TryType("", out events, out _));
        Assert.Empty(events);
        Assert.False(KeyTyping.TryType("Aé", out events, out inTheWay));
        Assert.Equal('é', inTheWay);
        Assert.Equal("+2A +1E -1E -2A", Show(events));
    }

    [Fact]
    public void All_of_ascii_can_be_typed_and_no_two_letters_are_one()
    {
        HashSet<string> seen = [];
        for (char letter = ' '; letter <= '~'; letter++)
        {
            Assert.True(KeyTyping.TryType(letter.ToString(), out IReadOnlyList<KeyEvent> events, out _));
            Assert.True(seen.Add(Show(events)));
        }
    }

    [Theory]
    [InlineData('a', 0x1E, false)]
    [InlineData('A', 0x1E, true)]
    [InlineData('~', 0x29, true)]
    [InlineData(' ', 0x39, false)]
    [InlineData(0xFF0D, 0x1C, null)]
    [InlineData(0xFFBE, 0x3B, null)]
    [InlineData(0xFFC7, 0x44, null)]
    [InlineData(0xFFC8, 0x57, null)]
    [InlineData(0xFFB9, 0x49, null)]
    [InlineData(0xFFFF, 0xD3, null)]
    [InlineData(0xFF61, 0xB7, null)]
    public void Keysyms_have_keys(uint keysym, byte code, bool? isShifted)
    {
        Assert.True(Keysyms.TryFind(keysym, out KeyCode key, out bool? shifted));
        Assert.Equal((code, isShifted), (key.Value, shifted));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0xE4)]
    [InlineData(0x10061)]
    [InlineData(0xFFCA)]
    [InlineData(uint.MaxValue)]
    public void Keysyms_that_a_us_keyboard_lacks_have_none(uint keysym) => Assert.False(Keysyms.TryFind(keysym, out _, out _));

    private static string Show(IEnumerable<KeyEvent> events) => string.Join(' ', events.Select(one => $"{(one.IsDown ? '+' : '-')}{one.Key.Value:X2}"));
}
