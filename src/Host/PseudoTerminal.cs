using System;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Doppel.Host;

/// <summary>
/// A terminal made by this process (pty(7)): what is written to <see cref="Master"/> is typed at <see cref="Slave"/>. Both ends are held open here, so
/// that programs may open and close <see cref="Path"/> as they like. Not for two threads at a time.
/// </summary>
public sealed class PseudoTerminal : IDisposable
{
    private const int Flags = NativeDescriptors.OpenReadWrite | NativeDescriptors.OpenNoControllingTerminal | NativeDescriptors.OpenCloexec;

    /// <summary>Makes one, with the mode that a new terminal has.</summary>
    /// <param name="isNonblocking">Whether reads and writes of <see cref="Master"/> return at once.</param>
    /// <exception cref="HostException">The host has none left.</exception>
    public unsafe PseudoTerminal(bool isNonblocking = false)
    {
        Master = NativeDescriptors.Open("/dev/ptmx", Flags | (isNonblocking ? NativeDescriptors.OpenNonblocking : 0));

        // SAFETY: both requests take a pointer to one int; the locals outlive the calls.
        int number = 0;
        int locked = 0;
        if (Master < 0 || NativeTerminal.Control(Master, NativeTerminal.LockPty, &locked) != 0 || NativeTerminal.Control(Master, NativeTerminal.GetPtyNumber, &number) != 0)
        {
            HostException error = Errno.Failure("cannot make a terminal", Marshal.GetLastPInvokeError(), "check that /dev/pts is mounted");
            Dispose();
            throw error;
        }

        Path = string.Create(CultureInfo.InvariantCulture, $"/dev/pts/{number}");
        Slave = NativeDescriptors.Open(Path, Flags);
    }

    /// <summary>What other programs open, for example /dev/pts/5.</summary>
    public string Path { get; } = string.Empty;

    /// <summary>Descriptor of our end; -1 once disposed.</summary>
    public int Master { get; private set; } = -1;

    internal int Slave { get; private set; } = -1;

    /// <summary>Makes the terminal a plain line of bytes in both directions: nothing is echoed, translated or taken for a signal.</summary>
    /// <exception cref="HostException">It cannot be changed.</exception>
    public void MakeRaw()
    {
        if (NativeTerminal.GetAttributes(Slave, out NativeTerminal.Termios mode) == 0)
        {
            mode.Input &= ~(NativeTerminal.InputBreakIgnored | NativeTerminal.InputBreakSignals | NativeTerminal.InputMarksParity | NativeTerminal.InputStrips
                | NativeTerminal.InputNewLineToReturn | NativeTerminal.InputReturnIgnored | NativeTerminal.InputReturnToNewLine | NativeTerminal.InputStopsOutput);
            mode.Output &= ~NativeTerminal.OutputProcessed;
            mode.Local &= ~(NativeTerminal.LocalSignals | NativeTerminal.LocalCanonical | NativeTerminal.LocalEcho | NativeTerminal.LocalEchoNewLine | NativeTerminal.LocalExtensions);
            if (NativeTerminal.SetAttributes(Slave, NativeTerminal.SetNow, mode) == 0)
            {
                return;
            }
        }

        throw Errno.Failure($"cannot change the mode of {Path}", Marshal.GetLastPInvokeError(), "use a socket or a file instead");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Master >= 0)
        {
            _ = NativeMethods.Close(Master);
            Master = -1;
        }

        if (Slave >= 0)
        {
            _ = NativeMethods.Close(Slave);
            Slave = -1;
        }
    }
}
