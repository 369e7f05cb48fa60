using System;
using System.Runtime.CompilerServices;
using System.Text;
using System.Threading;

namespace Doppel.Host.Tests;

[Collection("Signals reach every terminal of the process")]
public sealed class TerminalTests : IDisposable
{
    private readonly PseudoTerminal _pty = new();

    public void Dispose() => _pty.Dispose();

    [Fact]
    public void The_attribute_struct_has_the_size_of_glibc() => Assert.Equal(60, Unsafe.SizeOf<NativeTerminal.Termios>());

    [Fact]
    public void Terminals_and_other_descriptors_are_told_apart()
    {
        Assert.True(Terminal.IsTerminal(_pty.Slave));
        Assert.False(Terminal.IsTerminal(1_000_000));
        Assert.False(Terminal.TryGetSize(_pty.Slave, out int columns, out int rows));
        Assert.Equal(0, columns + rows);
        Assert.False(Terminal.TryGetSize(1_000_000, out _, out _));
    }

    [Fact]
    public void Raw_mode_hands_keys_over_at_once_and_without_echo()
    {
        using DescriptorReader typed = new(_pty.Slave);
        using DescriptorReader shown = new(_pty.Master);
        DescriptorWriter keys = new(_pty.Master, "the terminal");
        byte[] bytes = new byte[16];

        keys.Write("a"u8);
        Assert.Equal(ReadOutcome.Data, shown.Read(bytes, out int count, 5000));
        Assert.Equal("a", Encoding.ASCII.GetString(bytes, 0, count));
        Assert.Equal(ReadOutcome.TimedOut, typed.Read(bytes, out _, 0));

        using (RawTerminal.Enter(_pty.Slave))
        {
            Assert.Equal(ReadOutcome.Data, typed.Read(bytes, out count, 5000));
            keys.Write("\u0003\u001A\r"u8);
            Assert.Equal(ReadOutcome.Data, typed.Read(bytes.AsSpan(count), out int more, 5000));
            Assert.Equal("a\u0003\u001A\r", Encoding.ASCII.GetString(bytes, 0, count + more));
            Assert.Equal(ReadOutcome.TimedOut, shown.Read(bytes, out _, 0));
        }

        keys.Write("b"u8);
        Assert.Equal(ReadOutcome.Data, shown.Read(bytes, out count, 5000));
        Assert.Equal("b", Encoding.ASCII.GetString(bytes, 0, count));
    }

    [Fact]
    public void The_former_mode_comes_back_bit_by_bit()
    {
        byte[] before = Attributes();
        RawTerminal raw = RawTerminal.Enter(_pty.Slave, keepSignals: true);
        byte[] during = Attributes();
        raw.Dispose();
        raw.Dispose();
        Assert.NotEqual(before, during);
        Assert.NotEqual(0U, BitConverter.ToUInt32(during, 12) & NativeTerminal.LocalSignals);
        Assert.Equal(before, Attributes());
    }

    [Fact]
    public void Signals_bring_the_former_mode_back_and_continuing_makes_it_raw_again()
    {
        byte[] before = Attributes();
        using HostSignals signals = new(_ => { });
        using RawTerminal raw = RawTerminal.Enter(_pty.Slave);
        byte[] during = Attributes();
        _ = NativeDescriptors.Kill(Environment.ProcessId, NativeDescriptors.SignalHangUp);
        Assert.True(SpinWait.SpinUntil(() => Attributes().AsSpan().SequenceEqual(before), 5000));
        _ = NativeDescriptors.Kill(Environment.ProcessId, NativeTerminal.SignalContinue);
        Assert.True(SpinWait.SpinUntil(() => Attributes().AsSpan().SequenceEqual(during), 5000));
    }

    [Fact]
    public void What_is_no_terminal_is_refused_in_one_line()
    {
        HostException error = Assert.Throws<HostException>(() => RawTerminal.Enter(1_000_000));
        Assert.StartsWith("cannot read the terminal's mode: ", error.Message, StringComparison.Ordinal);
    }

    private byte[] Attributes()
    {
        Assert.Equal(0, NativeTerminal.GetAttributes(_pty.Slave, out NativeTerminal.Termios attributes));
        return System.Runtime.InteropServices.MemoryMarshal.AsBytes(new Span<NativeTerminal.Termios>(ref attributes)).ToArray();
    }
}
