using System;
using System.Text;
using Doppel.Backends.Terminal;

namespace Doppel.Backends.Tests.Terminal;

public sealed class TerminalKeysTests
{
    private readonly RecordingInput _input = new();

    [Theory]
    [InlineData("a", "+1E -1E")]
    [InlineData("A", "+2A +1E -1E -2A")]
    [InlineData("\"", "+2A +28 -28 -2A")]
    [InlineData(" ", "+39 -39")]
    [InlineData("\r", "+1C -1C")]
    [InlineData("\t", "+0F -0F")]
    [InlineData("\u007f", "+0E -0E")]
    [InlineData("\u0003", "+1D +2E -2E -1D")]
    [InlineData("\u001a", "+1D +2C -2C -1D")]
    [InlineData("\u001c", "+1D +2B -2B -1D")]
    [InlineData("\u001f", "+1D +2A +0C -0C -2A -1D")]
    [InlineData("\0", "+1D +39 -39 -1D")]
    [InlineData("\u001b", "+01 -01")]
    [InlineData("\u001b\u001b", "+01 -01 +01 -01")]
    [InlineData("\u001bx", "+38 +2D -2D -38")]
    [InlineData("\u001bX", "+38 +2A +2D -2D -2A -38")]
    [InlineData("\u001b[A", "+C8 -C8")]
    [InlineData("\u001bOB", "+D0 -D0")]
    [InlineData("\u001b[1;5C", "+1D +CD -CD -1D")]
    [InlineData("\u001b[1;8D", "+1D +38 +2A +CB -CB -2A -38 -1D")]
    [InlineData("\u001b[Z", "+2A +0F -0F -2A")]
    [InlineData("\u001bOP", "+3B -3B")]
    [InlineData("\u001b[1;2S", "+2A +3E -3E -2A")]
    [InlineData("\u001b[[C", "+3D -3D")]
    [InlineData("\u001b[15~", "+3F -3F")]
    [InlineData("\u001b[17~", "+40 -40")]
    [InlineData("\u001b[21~", "+44 -44")]
    [InlineData("\u001b[23~", "+57 -57")]
    [InlineData("\u001b[24;5~", "+1D +58 -58 -1D")]
    [InlineData("\u001b[3~", "+D3 -D3")]
    [InlineData("\u001b[5~", "+C9 -C9")]
    [InlineData("\u001b[Hx", "+C7 -C7 +2D -2D")]
    [InlineData("\u001b[99~\u001b[?1;2c\u00e4\u001b[16~", "")]
    [InlineData("\u001b[12\u0003", "+1D +2E -2E -1D")]
    public void Keys_are_pressed_and_let_go(string typed, string expected)
    {
        Assert.True(new TerminalKeys(_input).Type(Encoding.Latin1.GetBytes(typed)));
        Assert.Equal(expected, _input.Text);
    }

    [Fact]
    public void The_leave_key_ends_it()
    {
        Assert.False(new TerminalKeys(_input).Type("a\u001db"u8));
        Assert.Equal("+1E -1E", _input.Text);
        Assert.False(new TerminalKeys(_input).Type("\u001b\u001d"u8));
    }

    [Fact]
    public void Noise_presses_nothing_that_stays_down()
    {
        Random random = new(5);
        byte[] noise = new byte[20_000];
        random.NextBytes(noise);
        TerminalKeys keys = new(_input);
        for (int at = 0; at < noise.Length; at += 50)
        {
            keys.Type(noise.AsSpan(at, 50));
        }

        int held = 0;
        foreach (string what in _input.Text.Split(' '))
        {
            held += what[0] == '+' ? 1 : -1;
        }

        Assert.Equal(0, held);
    }
}
