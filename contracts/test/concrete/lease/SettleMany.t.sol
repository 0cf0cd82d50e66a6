// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ILeaseManager} from "../../../src/interfaces/ILeaseManager.sol";
import {LeaseState, Offer, Request, Settlement, Terms, UsageReceipt} from "../../../src/types/Lease.sol";
import {Fixture} from "../../utils/Fixture.sol";

contract SettleManyTest is Fixture {
    function test_RevertWhen_TooMany() external {
        vm.expectRevert(abi.encodeWithSelector(ILeaseManager.BatchTooLarge.selector, 101, 100));
        manager.settleMany(new Settlement[](101));
    }

    function test_SkipsTheBad_PaysTheGood() external {
        Settlement[] memory items = new Settlement[](7);
        for (uint256 i = 0; i < 3; ++i) {
            Request memory r = _request();
            r.durationSeconds -= uint32(i); // leases of equal terms have equal hashes
            (bytes32 id, Terms memory terms) = _match(_offer(), r);
            vm.prank(operator);
            manager.activate(id, terms);
            items[i] = Settlement(terms, _receipt(id, 1, 100));
            items[i].receipt.through = START + 100;
        }
        vm.warp(START + 100);
        items[3] = items[0]; // a replay
        items[4] = Settlement(items[1].terms, _receipt(items[0].receipt.leaseId, 2, 100)); // another's terms
        items[5] = Settlement(items[1].terms, _receipt(items[1].receipt.leaseId, 2, 100));
        items[5].receipt.through = START + 101;
        (items[6], items[2]) = (items[2], Settlement(items[2].terms, _receipt(bytes32("?"), 1, 1)));

        _expectSkip(items[2], ILeaseManager.LeaseUnknown.selector);
        _expectSkip(items[3], ILeaseManager.SeqTooLow.selector);
        _expectSkip(items[4], ILeaseManager.TermsDiffer.selector);
        _expectSkip(items[5], ILeaseManager.ThroughInvalid.selector);
        vm.prank(operator);
        manager.settleMany(items);
        vm.assertEq(vault.balanceOf(address(token), payout), 300 * RATE, "three were good");
    }

    function _expectSkip(Settlement memory item, bytes4 why) private {
        vm.expectEmit(address(manager));
        emit ILeaseManager.SettlementSkipped(item.receipt.leaseId, why);
    }

    function test_SkipsLeasesOfOtherProviders() external {
        _join(stranger, address(0x57AA), stranger);
        (bytes32 id, Terms memory terms) = _active();
        vm.warp(START + 100);
        Settlement[] memory items = new Settlement[](1);
        items[0] = Settlement(terms, _receipt(id, 1, 100));
        _expectSkip(items[0], ILeaseManager.NotOperator.selector);
        vm.prank(stranger);
        manager.settleMany(items);
        vm.assertEq(manager.lease(id).seq, 0, "unchanged");
        vm.prank(provider);
        manager.settleMany(items);
        vm.assertEq(manager.lease(id).seq, 1, "its provider may");
    }

    function test_FinalItems_Close() external {
        (bytes32 id, Terms memory terms) = _active();
        vm.prank(tenant);
        manager.close(id, terms);
        Settlement[] memory items = new Settlement[](2);
        items[0] = Settlement(terms, _receipt(id, 1, 0));
        items[0].receipt.isFinal = true;
        items[1] = Settlement(terms, _receipt(id, 2, 0));
        _expectSkip(items[1], ILeaseManager.StateWrong.selector);
        vm.prank(operator);
        manager.settleMany(items);
        vm.assertTrue(manager.lease(id).state == LeaseState.Closed, "closed");
        vm.assertEq(vault.balanceOf(address(token), payout), MIN_CHARGE, "minimum");
    }
}
