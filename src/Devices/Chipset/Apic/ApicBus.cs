using System.Collections.Generic;
using Doppel.Primitives;

namespace Doppel.Devices.Chipset.Apic;

/// <summary>
/// Carries messages between local APICs and I/O APICs (Intel SDM vol. 3A 11.6.2): physical, flat, cluster and x2APIC logical destinations,
/// lowest-priority arbitration (the lowest processor priority wins, then the lowest processor number, so that runs repeat).
/// Not modelled: retries, remote read, focus processor. Used on the machine's thread.
/// </summary>
public sealed class ApicBus
{
    private readonly List<LocalApicCore> _locals = [];
    private readonly List<IoApic> _ioApics = [];

    /// <summary>
    /// Delivers a message-signalled interrupt (Intel SDM vol. 3A 11.11): a write of <paramref name="data"/> to
    /// <paramref name="address"/>. Addresses outside 0xFEE0_0000 to 0xFEEF_FFFF do nothing.
    /// </summary>
    public void DeliverMsi(Gpa address, uint data)
    {
        if (address.Value >> 20 != 0xFEE)
        {
            return;
        }

        bool logical = (address.Value & 4) != 0;
        uint destination = (uint)(address.Value >> 12) & 0xFF;
        DeliveryMode mode = (DeliveryMode)((data >> 8) & 7);
        Send(new ApicMessage(Widen(destination, logical), logical, mode, (byte)data, (data & 0x8000) != 0 && mode <= DeliveryMode.LowestPriority));
    }

    internal static uint Widen(uint destination, bool logical) => !logical && destination == 0xFF ? ApicMessage.Broadcast : destination;

    internal void Attach(LocalApicCore local) => _locals.Add(local);

    internal void Attach(IoApic ioApic) => _ioApics.Add(ioApic);

    /// <summary>Delivers to all that the destination names. False: nobody accepted it.</summary>
    internal bool Send(in ApicMessage message)
    {
        if (message.Mode == DeliveryMode.LowestPriority)
        {
            LocalApicCore? best = null;
            foreach (LocalApicCore local in _locals)
            {
                if (local.IsEnabled && local.Matches(message.Destination, message.Logical)
                    && (best is null || local.ProcessorPriority < best.ProcessorPriority))
                {
                    best = local;
                }
            }

            return best is not null && best.Accept(message);
        }

        bool accepted = false;
        foreach (LocalApicCore local in _locals)
        {
            if (local.Matches(message.Destination, message.Logical))
            {
                accepted |= local.Accept(message);
            }
        }

        return accepted;
    }

    /// <summary>Delivers to all, or to all but <paramref name="except"/>.</summary>
    internal void SendToAll(in ApicMessage message, LocalApicCore? except)
    {
        foreach (LocalApicCore local in _locals)
        {
            if (!ReferenceEquals(local, except))
            {
                local.Accept(message);
            }
        }
    }

    internal void BroadcastEoi(byte vector)
    {
        foreach (IoApic ioApic in _ioApics)
        {
            ioApic.EndOfInterrupt(vector);
        }
    }
}
