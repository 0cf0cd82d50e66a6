// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {CloseReason, LeaseState, Settlement, Terms, UsageReceipt} from "../../src/types/Lease.sol";
import {World} from "./World.sol";

/// @title What datacenters do: come or not, claim what they like, replay, give up.
abstract contract ProviderMoves is World {
    function activate(uint256 i, uint256 who) external looked {
        if (known.length == 0) return;
        i = _pickReserved(i);
        vm.prank(who % 4 == 0 ? _account(who) : operators[known[i].datacenter]);
        try manager.activate(known[i].id, termsOf[i]) {
            _done();
        } catch {}
    }

    function refuse(uint256 i, uint256 who) external looked {
        if (known.length == 0 || who % 4 != 0) return;
        i = _pick(i, LeaseState.Reserved, LeaseState.Reserved);
        vm.prank(operators[known[i].datacenter]);
        try manager.refuse(known[i].id, termsOf[i]) {
            _done();
        } catch {}
    }

    function settle(uint256 i, uint256 claim, uint256 back, uint256 isFinal) external looked {
        if (known.length == 0) return;
        _pass(claim);
        i = _pickRunning(i);
        UsageReceipt memory r = _claimOf(i, claim, back, isFinal % 2 == 1);
        uint256 worth = _worthOf(i, r);
        vm.prank(operators[known[i].datacenter]);
        try manager.settle(termsOf[i], r, "", "") {
            _noteWorth(i, worth);
            _done();
            _replay(i, r);
        } catch {}
    }

    /// @dev 8: the same receipt again; with another lease's terms; signed for another chain.
    function _replay(uint256 i, UsageReceipt memory r) private {
        address by = operators[known[i].datacenter];
        vm.prank(by);
        try manager.settle(termsOf[i], r, "", "") {
            vm.assertTrue(false, "8: replayed");
        } catch {}
        uint256 other = (i + 1) % known.length;
        r.seq += 1;
        if (keccak256(abi.encode(termsOf[other])) != keccak256(abi.encode(termsOf[i]))) {
            vm.prank(by);
            try manager.settle(termsOf[other], r, "", "") {
                vm.assertTrue(false, "8: crossed leases");
            } catch {}
        }
        if (known[i].datacenter == HOSTILE) return;
        vm.chainId(1);
        bytes memory elsewhere = _sign(_operatorKey(known[i].datacenter), manager.receiptHash(r));
        vm.chainId(31337);
        vm.prank(stranger);
        try manager.settle(termsOf[i], r, elsewhere, "") {
            vm.assertTrue(false, "8: crossed chains");
        } catch {}
    }

    /// @dev 14: a batch does what its items do one by one, and a bad one among them does nothing.
    function settleMany(uint256 i, uint256 claim, uint256 back, uint256 isFinal) external looked {
        if (known.length == 0) return;
        i = _pickRunning(i);
        Settlement[] memory items = new Settlement[](3);
        uint256[3] memory which;
        uint256[3] memory worths;
        for (uint256 k = 0; k < 3; ++k) {
            uint256 n = (i + k * (claim % 3)) % known.length;
            which[k] = n;
            items[k] = Settlement(termsOf[n], _claimOf(n, claim, back, isFinal % 2 == 1), "");
            worths[k] = _worthOf(n, items[k].receipt);
        }
        address by = operators[known[i].datacenter];
        if (by == address(hostile)) hostile.arm(address(0), "");
        uint256 state = vm.snapshotState();
        bool[3] memory taken;
        for (uint256 k = 0; k < 3; ++k) {
            // In a batch the caller's own word is the only one.
            vm.prank(by);
            try manager.settle(items[k].terms, items[k].receipt, "", "") {
                taken[k] = true;
            } catch {}
        }
        bytes32 sequential = _books();
        vm.revertToState(state);
        vm.prank(by);
        manager.settleMany(items);
        vm.assertEq(_books(), sequential, "14: batch and sequence differ");
        for (uint256 k = 0; k < 3; ++k) {
            if (taken[k]) _noteWorth(which[k], worths[k]);
        }
        if (taken[0] || taken[1] || taken[2]) _done();
    }

    /// @dev One root over two receipts; anyone redeems them.
    function settleProven(uint256 i, uint256 claim, uint256 back) external looked {
        if (known.length < 2) return;
        i = _pickRunning(i);
        UsageReceipt memory r = _claimOf(i, claim, back, false);
        bytes32 leaf = manager.leaf(r);
        bytes32 sibling = keccak256(abi.encode(claim));
        bytes32 root = leaf < sibling ? keccak256(abi.encode(leaf, sibling)) : keccak256(abi.encode(sibling, leaf));
        vm.prank(operators[known[i].datacenter]);
        manager.postRoot(termsOf[i].provider, root, "");
        bytes32[] memory proof = new bytes32[](1);
        proof[0] = sibling;
        uint256 worth = _worthOf(i, r);
        vm.prank(stranger);
        try manager.settleProven(termsOf[i], r, root, proof) {
            _noteWorth(i, worth);
            _done();
        } catch {}
    }

    function closeByProvider(uint256 i, uint256 who) external looked {
        if (known.length == 0 || who % 3 != 0) return;
        i %= known.length;
        vm.prank(operators[known[i].datacenter]);
        try manager.close(known[i].id, termsOf[i], CloseReason.None) {
            _done();
        } catch {}
    }

    function concede(uint256 number) external looked {
        if (disputes.disputeCount() == 0) return;
        number = _pickDispute(number);
        uint256 i = leaseOf[number];
        vm.prank(operators[known[i].datacenter]);
        try disputes.concede(number, termsOf[i]) {
            _done();
        } catch {}
    }
}
