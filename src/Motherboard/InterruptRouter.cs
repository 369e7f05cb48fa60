using System;
using Doppel.Devices;

namespace Doppel.Motherboard;

/// <summary>
/// The wires between devices and interrupt controllers. Each line counts the shares that drive it. Lines 0-15 (ISA) reach the same input of the
/// 8259 pair, save line 2, which is its cascade; at the I/O APIC line 0 reaches pin 2, line 2 nothing, all others the pin of
/// their number (MP specification 1.4 section 3.6.2; the usual wiring of PC/AT compatibles). Lines 16-23 reach the I/O APIC alone.
/// </summary>
public sealed class InterruptRouter
{
    /// <summary>Number of lines.</summary>
    public const int LineCount = 24;

    private const int IsaLineCount = 16;
    private const int CascadeLine = 2;

    private readonly int[] _shares = new int[LineCount];
    private IInterruptController? _pic;
    private IInterruptInputs? _ioApic;
    private bool _held;

    /// <summary>Connects the 8259 pair.</summary>
    public void Attach(IInterruptController pic) => _pic = pic;

    /// <summary>Connects the I/O APIC.</summary>
    public void Attach(IInterruptInputs ioApic) => _ioApic = ioApic;

    /// <summary>Makes a share of <paramref name="line"/>, low at first.</summary>
    public IInterruptLine Share(int line)
    {
        if ((uint)line >= LineCount)
        {
            throw new ArgumentOutOfRangeException(nameof(line), line, "lines are 0 to 23");
        }

        return new Wire(this, line);
    }

    /// <summary>Whether any share drives <paramref name="line"/> high.</summary>
    public bool IsHigh(int line) => _shares[line] > 0;

    /// <summary>
    /// Keeps levels from the controllers while devices are restored in any order: a line that seems to rise then is no new interrupt.
    /// </summary>
    public void Hold() => _held = true;

    /// <summary>Shows the controllers the levels as they are now.</summary>
    public void Release()
    {
        _held = false;
        for (int line = 0; line < LineCount; line++)
        {
            Drive(line);
        }
    }

    private void Change(int line, bool high)
    {
        _shares[line] += high ? 1 : -1;
        if (_shares[line] == (high ? 1 : 0) && !_held)
        {
            Drive(line);
        }
    }

    private void Drive(int line)
    {
        bool high = _shares[line] > 0;
        if (_pic is not null && line < IsaLineCount && line != CascadeLine)
        {
            _pic.SetInput(line, high);
        }

        int pin = line == 0 ? 2 : line;
        if (_ioApic is not null && line != CascadeLine && pin < _ioApic.InputCount)
        {
            _ioApic.SetInput(pin, high);
        }
    }

    private sealed class Wire(InterruptRouter router, int line) : IInterruptLine
    {
        private bool _high;

        public void Set(bool high)
        {
            if (high != _high)
            {
                _high = high;
                router.Change(line, high);
            }
        }
    }
}
