// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ILeaseManager} from "../../../src/interfaces/ILeaseManager.sol";
import {CloseReason, LeaseState, Terms, UsageReceipt} from "../../../src/types/Lease.sol";
import {LeaseFixture} from "../../utils/LeaseFixture.sol";

contract FinalTest is LeaseFixture {
    bytes32 private id;
    Terms private terms;

    function setUp() public override {
        super.setUp();
        (id, terms) = _active();
    }

    function test_WhileActive_StaysActive() external {
        vm.warp(START + 1000);
        vm.assertEq(_settle(terms, _final(id, 1, 10)), 10 * RATE, "amount");
        _assertState(id, LeaseState.Active);
    }

    function test_AfterTheTenantsClose_ClosesAtOnce() external {
        vm.warp(START + 1000);
        _close(tenant, id, terms);
        uint256 minimum = MIN_CHARGE - 100 * RATE;
        _expectClosed(id, CloseReason.Tenant, MIN_CHARGE, DEPOSIT - MIN_CHARGE, minimum);
        vm.assertEq(_settle(terms, _final(id, 1, 100)), 100 * RATE, "amount");
        vm.assertEq(_balance(payout), _net(minimum), "minimum at once");
        vm.assertEq(_pending(id), 100 * RATE, "usage waits");
        vm.assertEq(_balance(tenant), 5 * DEPOSIT - MIN_CHARGE, "tenant, at once");
        vm.assertEq(_locked(address(registry)), STAKE, "no penalty");
        UsageReceipt memory receipt = _receipt(id, 2, 100);
        _expectState(id, LeaseState.Closed);
        _settle(terms, receipt);
    }

    function test_ByTheStranger_GivesNoBounty() external {
        _close(tenant, id, terms);
        vm.warp(START + NOTICE + SUBMIT + 1);
        UsageReceipt memory receipt = _final(id, 1, 600);
        bytes memory signature = _agree(OPERATOR_KEY, receipt);
        vm.prank(stranger);
        manager.settle(terms, receipt, signature, "");
        vm.assertEq(_balance(stranger), 0, "bounty");
        _assertState(id, LeaseState.Closed);
    }

    function test_ByTheProviderThatLeft_AfterItsNotice() external {
        vm.warp(START + 1000);
        _close(operator, id, terms);
        vm.warp(START + 1000 + NOTICE);
        _expectClosed(id, CloseReason.Provider, 1600 * RATE, DEPOSIT - 1600 * RATE, 0);
        _settle(terms, _final(id, 1, 1600));
        vm.assertEq(_locked(address(registry)), STAKE, "no penalty");
        vm.assertEq(_lease(id).slashed, 0, "slashed");
    }

    /// @dev Leaving without notice.
    function test_ByTheProviderThatLeft_BeforeItsNoticeIsOver() external {
        vm.warp(START + 50);
        _close(operator, id, terms);
        vm.warp(START + 50 + NOTICE - 1);
        vm.expectEmit(address(manager));
        emit ILeaseManager.LeasePenalised(id, provider, terms.penalty);
        _expectClosed(id, CloseReason.Provider, 60 * RATE, DEPOSIT - 60 * RATE, 0);
        _settle(terms, _final(id, 1, 60));
        vm.assertEq(_balance(tenant), 5 * DEPOSIT - 60 * RATE + terms.penalty, "tenant");
        vm.assertEq(_locked(address(registry)), STAKE - terms.penalty, "stake");
        vm.assertEq(_lease(id).slashed, terms.penalty, "slashed");
        vm.assertEq(_sliced(), SLICE - terms.penalty, "the rest stands for what is pending");
        vm.warp(START + 50 + NOTICE + 2 * MATURITY);
        _collect(id, terms);
        vm.assertEq(_sliced(), 0, "then it is free");
    }

    function test_BeforeTheNoticeIsOver_WithTheTenantsWord() external {
        _close(operator, id, terms);
        vm.warp(START + 50);
        UsageReceipt memory receipt = _final(id, 1, 50);
        bytes memory agreed = _agree(TENANT_KEY, receipt);
        _expectClosed(id, CloseReason.Provider, 50 * RATE, DEPOSIT - 50 * RATE, 0);
        vm.prank(operator);
        manager.settle(terms, receipt, "", agreed);
        vm.assertEq(_locked(address(registry)), STAKE, "no penalty");
        vm.assertEq(_balance(payout), _net(50 * RATE), "paid");
        vm.assertEq(_sliced(), 0, "slice");
    }

    /// @dev An empty escrow has a notice too; who does not keep it has ended the lease itself, and earns no minimum.
    function test_OfAnEmptyEscrow_BeforeItsNoticeIsOver() external {
        id = _run(terms, uint96(RESERVE));
        _close(operator, id, terms);
        vm.warp(START + 10);
        _expectClosed(id, CloseReason.Provider, 10 * RATE, RESERVE - 10 * RATE, 0);
        _settle(terms, _final(id, 1, 10));
        vm.assertEq(_lease(id).slashed, terms.penalty, "penalty");
    }

    function test_OfAnEmptyEscrow_AfterItsNotice() external {
        id = _run(terms, uint96(RESERVE));
        _close(operator, id, terms);
        vm.warp(START + NOTICE);
        _expectClosed(id, CloseReason.Escrow, 600 * RATE, BOUNTY, 0);
        _settle(terms, _final(id, 1, 600));
        vm.assertEq(_lease(id).slashed, 0, "no penalty");
    }

    function test_AtTheEndOfTheTerm() external {
        vm.warp(START + TERM);
        _close(operator, id, terms);
        _expectClosed(id, CloseReason.Term, TERM * RATE, DEPOSIT - TERM * RATE, 0);
        _settle(terms, _final(id, 1, TERM));
        vm.assertEq(_lease(id).slashed, 0, "no penalty");
    }

    function test_Penalty_IsWhatIsLeftOfTheSlice() external {
        vm.prank(address(disputes));
        manager.slash(id, terms, terms.slice - 5, _nobody());
        _close(operator, id, terms);
        vm.expectEmit(address(manager));
        emit ILeaseManager.LeasePenalised(id, provider, 5);
        _settle(terms, _final(id, 1, 0));
        vm.assertEq(_sliced(), 0, "nothing left");
        vm.assertEq(_locked(address(registry)), STAKE - terms.slice, "stake");
    }

    function test_Penalty_NothingLeft() external {
        vm.prank(address(disputes));
        manager.slash(id, terms, terms.slice, _nobody());
        _close(operator, id, terms);
        _settle(terms, _final(id, 1, 0));
        vm.assertEq(_locked(address(registry)), STAKE - terms.slice, "stake");
        vm.assertTrue(_lease(id).sliceFreed, "freed");
    }
}
