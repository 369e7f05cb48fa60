using Doppel.Primitives;
using static Doppel.Devices.Chipset.Pit.Pit8254Registers;

namespace Doppel.Devices.Chipset.Pit;

/// <summary>
/// The 8254 chip: three counters behind four registers (Intel 82C54 datasheet 231244). Gates 0 and 1 are tied high as in a PC;
/// gate 2 belongs to port B. Callers pass the number of the present CLK edge.
/// </summary>
internal sealed class Pit8254
{
    private PitCounter[] _counters = PowerOn();

    /// <summary>OUT 0, GATE 2 and OUT 2 live here.</summary>
    public PitCounter this[int index] => _counters[index];

    /// <summary>Forgets everything; the chip has no reset pin, so this is power-on.</summary>
    public void Reset() => _counters = PowerOn();

    /// <summary>Reads a counter; the control register is write-only. False: nothing answers.</summary>
    public bool TryRead(uint offset, long now, out byte value)
    {
        bool answers = offset < Control;
        value = answers ? _counters[offset].Read(now) : (byte)0xFF;
        return answers;
    }

    /// <summary>Writes a counter or the control register.</summary>
    public void Write(uint offset, byte value, long now)
    {
        if (offset < Control)
        {
            _counters[offset].WriteCount(value, now);
            return;
        }

        int select = value >> 6;
        if (select == SelectReadBack)
        {
            ReadBack(value, now);
        }
        else if (((value >> 4) & 3) == AccessLatch)
        {
            _counters[select].LatchCount(now);
        }
        else
        {
            _counters[select].WriteControl(value, now);
        }
    }

    /// <summary>Writes every field.</summary>
    public void Save(IStateWriter to)
    {
        foreach (PitCounter counter in _counters)
        {
            counter.Save(to);
        }
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    public void Restore(IStateReader from)
    {
        foreach (PitCounter counter in _counters)
        {
            counter.Restore(from);
        }
    }

    private static PitCounter[] PowerOn() => [new(gate: true), new(gate: true), new(gate: false)];

    private void ReadBack(byte command, long now)
    {
        for (int i = 0; i < 3; i++)
        {
            if ((command & (2 << i)) == 0)
            {
                continue;
            }

            if ((command & ReadBackNoCount) == 0)
            {
                _counters[i].LatchCount(now);
            }

            if ((command & ReadBackNoStatus) == 0)
            {
                _counters[i].LatchStatus(now);
            }
        }
    }
}
