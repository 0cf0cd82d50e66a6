// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ILeaseManager} from "../../../src/interfaces/ILeaseManager.sol";
import {CloseReason, Lease, LeaseState, Terms} from "../../../src/types/Lease.sol";
import {LeaseFixture} from "../../utils/LeaseFixture.sol";

contract CloseActiveTest is LeaseFixture {
    function test_ByAnyoneAtTheEndOfTheTerm() external {
        (bytes32 id, Terms memory terms) = _active();
        vm.warp(START + TERM - 1);
        vm.expectRevert(abi.encodeWithSelector(ILeaseManager.NotParty.selector, id, stranger));
        _close(stranger, id, terms);
        vm.warp(START + TERM + 50);
        _expectClosing(id, CloseReason.Term, START + TERM);
        _close(stranger, id, terms);
        vm.assertEq(_balance(stranger), BOUNTY, "bounty");
        vm.assertEq(_lease(id).escrow, DEPOSIT - BOUNTY, "out of the escrow");
        vm.assertEq(_lease(id).claimed, 0, "not out of what is the provider's");
    }

    /// @return id of a lease whose escrow is at its reserve 1000 seconds after the start
    function _short() private returns (bytes32 id, Terms memory terms) {
        terms = _default();
        id = _run(terms, uint96(RESERVE + 1000 * RATE));
        vm.warp(START + 999);
        _settle(terms, _receipt(id, 1, 999));
    }

    function test_WhenTheEscrowIsAtTheReserve() external {
        (bytes32 id, Terms memory terms) = _short();
        vm.expectRevert(abi.encodeWithSelector(ILeaseManager.NotParty.selector, id, stranger));
        _close(stranger, id, terms);
        vm.warp(START + 1000);
        _settle(terms, _receipt(id, 2, 1000));
        vm.assertEq(_lease(id).escrow, manager.closingReserve(terms), "at the reserve");
        _expectClosing(id, CloseReason.Escrow, START + 1000 + NOTICE);
        _close(stranger, id, terms);
        vm.assertEq(_balance(stranger), BOUNTY, "bounty");
        vm.warp(START + 1000 + NOTICE);
        vm.assertEq(_settle(terms, _receipt(id, 3, 1000 + NOTICE)), RATE * NOTICE, "the reserve pays the notice");
    }

    function test_Bounty_IsNotForParties() external {
        address sponsor = address(0x5905);
        _fund(sponsor, 5 * DEPOSIT);
        address[4] memory parties = [tenant, sponsor, operator, provider];
        for (uint256 i = 0; i < 4; ++i) {
            vm.warp(START);
            Terms memory terms = _default();
            terms.payer = sponsor;
            bytes32 id = _run(terms, uint96(RESERVE));
            uint256 before = _balance(parties[i]);
            _expectClosing(id, CloseReason.Escrow, START + NOTICE);
            _close(parties[i], id, terms);
            vm.assertEq(_balance(parties[i]), before, "no bounty");
            vm.assertEq(_lease(id).escrow, RESERVE, "escrow whole");
        }
    }

    function test_Bounty_IsTheEscrowAtMost() external {
        Terms memory terms = _default();
        bytes32 id = _run(terms, BOUNTY / 2);
        _close(stranger, id, terms);
        vm.assertEq(_balance(stranger), BOUNTY / 2, "bounty");
        vm.assertEq(_lease(id).escrow, 0, "escrow");
    }

    function test_WithoutBounty() external {
        Terms memory terms = _default();
        terms.bounty = 0;
        bytes32 id = _run(terms);
        vm.warp(START + TERM);
        _close(stranger, id, terms);
        vm.assertEq(_balance(stranger), 0, "none");
    }

    function test_ByTheTenant() external {
        (bytes32 id, Terms memory terms) = _active();
        vm.warp(START + 10);
        _expectClosing(id, CloseReason.Tenant, START + 10 + NOTICE);
        _close(tenant, id, terms);
        Lease memory l = manager.lease(id);
        vm.assertTrue(l.state == LeaseState.Closing, "state");
        vm.assertTrue(l.reason == CloseReason.Tenant, "reason");
        vm.assertEq(l.endsAt, START + 10 + NOTICE, "endsAt");
        vm.assertEq(l.escrow, DEPOSIT, "escrow");
    }

    function test_ByProviderOrOperator() external {
        (bytes32 id, Terms memory terms) = _active();
        _expectClosing(id, CloseReason.Provider, START + NOTICE);
        _close(provider, id, terms);
        (id, terms) = _active();
        _expectClosing(id, CloseReason.Provider, START + NOTICE);
        _close(operator, id, terms);
    }

    function test_NoticeEndsWithTheTerm() external {
        (bytes32 id, Terms memory terms) = _active();
        vm.warp(START + TERM - 10);
        _expectClosing(id, CloseReason.Tenant, START + TERM);
        _close(tenant, id, terms);
    }

    /// @dev A top-up that comes before it cannot turn the report of an empty escrow into leaving.
    function test_RevertWhen_AnotherReasonWouldStand() external {
        (bytes32 id, Terms memory terms) = _short();
        vm.warp(START + 1000);
        _settle(terms, _receipt(id, 2, 1000));
        vm.prank(tenant);
        manager.topUp(id, terms, 1, "");
        bytes4 why = ILeaseManager.ReasonDiffers.selector;
        vm.startPrank(operator);
        vm.expectRevert(abi.encodeWithSelector(why, id, CloseReason.Provider, CloseReason.Escrow));
        manager.close(id, terms, CloseReason.Escrow);
        manager.close(id, terms, CloseReason.Provider);
    }
}
