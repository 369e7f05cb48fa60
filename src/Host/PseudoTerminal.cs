using System;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Doppel.Host;

/// <summary>A terminal made by this process (pty(7)): what is written to <see cref="Master"/> is typed at <see cref="Slave"/>.</summary>
internal sealed class PseudoTerminal : IDisposable
{
    private const int Flags = NativeDescriptors.OpenReadWrite | NativeDescriptors.OpenNoControllingTerminal | NativeDescriptors.OpenCloexec;

    internal unsafe PseudoTerminal()
    {
        Master = NativeDescriptors.Open("/dev/ptmx", Flags);

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

    internal string Path { get; } = string.Empty;

    internal int Master { get; private set; } = -1;

    internal int Slave { get; private set; } = -1;

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
